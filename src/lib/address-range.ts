import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A range of IP addresses. */
export type AddressRange = readonly [network: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** `10.0.0.0/8`, `fd00::/8`, or one address; undefined for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  if (!isPlain(address) || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  const network = ipaddr.process(address)
  const whole = network.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? whole : Number(bits)
  return length <= whole ? [network, length] : undefined
}

/** Four decimal numbers, or IPv6. Other notations of IPv4 are ambiguous. */
const isPlain = (text: string): boolean => isIPv4(text) || ipaddr.IPv6.isValid(text)

/** This machine. */
export const loopback: readonly AddressRange[] = [
  [ipaddr.IPv4.parse('127.0.0.0'), 8],
  [ipaddr.IPv6.parse('::1'), 128],
]

/** The address in one notation: an IPv4-mapped IPv6 address as IPv4, and without a zone. */
export function plainAddress(text: string): string | undefined {
  const bare = text.replace(/%.*$/, '')
  if (isIPv4(bare)) return bare
  return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare).toString() : undefined
}

/** @param address as from `plainAddress` */
export function isWithin(ranges: readonly AddressRange[], address: string): boolean {
  if (ranges.length === 0) return false
  const parsed = ipaddr.parse(address)
  return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network as ipaddr.IPv4 & ipaddr.IPv6, bits))
}

/** The key by which callers are counted: an IPv4 address, or the /64 network of an IPv6 address, which one subscriber has as a whole. */
export function countedAddress(address: string): string {
  if (!address.includes(':')) return address
  const { parts } = ipaddr.IPv6.parse(address)
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
