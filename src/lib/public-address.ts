import ipaddr from 'ipaddr.js'

/**
 * Whether an IP address is one that anybody on the internet could reach: global unicast. Private, loopback, link-local, shared, mapped,
 * translated and tunnelled ranges all have names of their own; the rest of IPv6 (RFC 4291 §2.4: all that does not begin with the bits
 * 001) is unassigned, or wraps an IPv4 address as `::127.0.0.1` does.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return true
  const [first = 0] = (parsed as ipaddr.IPv6).parts
  return first >= 0x2000 && first <= 0x3fff
}

export const isAddress = (text: string): boolean => ipaddr.isValid(text)
