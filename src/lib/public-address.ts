import ipaddr from 'ipaddr.js'

/**
 * Public addresses that belong to the platform of a machine: Azure's metadata and DNS (168.63.129.16). Other metadata services have
 * addresses that are not public: link-local (169.254.169.254), shared (100.100.100.200), reserved (192.0.0.192), unique local
 * (fd00:ec2::254, fd20:ce::254).
 */
const platformAddresses: readonly string[] = ['168.63.129.16']

/**
 * Whether an IP address is global unicast, so reachable from the internet. Private, loopback, link-local, shared, mapped, translated and
 * tunnelled addresses have other range names; IPv6 addresses that do not begin with the bits 001 (RFC 4291 §2.4) are unassigned, or
 * contain an IPv4 address as `::127.0.0.1`.
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
