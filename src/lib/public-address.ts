import ipaddr from 'ipaddr.js'

/**
 * Addresses that look public and lead to the platform that a machine runs on: Azure's metadata and DNS (168.63.129.16). The other metadata
 * services are in ranges that are not public: link-local (169.254.169.254), shared (100.100.100.200), reserved (192.0.0.192), unique local
 * (fd00:ec2::254, fd20:ce::254).
 */
const platformAddresses: readonly string[] = ['168.63.129.16']

/**
 * Whether an IP address is one that anybody on the internet could reach: global unicast. Private, loopback, link-local, shared, mapped,
 * translated and tunnelled ranges all have names of their own; the rest of IPv6 (RFC 4291 §2.4: all that does not begin with the bits
 * 001) is unassigned, or wraps an IPv4 address as `::127.0.0.1` does.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv4') return !platformAddresses.includes(parsed.toString())
  const [first = 0] = (parsed as ipaddr.IPv6).parts
  return first >= 0x2000 && first <= 0x3fff
}

export const isAddress = (text: string): boolean => ipaddr.isValid(text)
