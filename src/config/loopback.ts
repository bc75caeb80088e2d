import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether `host` can be reached from this machine only: 127.0.0.0/8, ::1 (also in brackets) or `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  if (version === 0) return bare.toLowerCase() === 'localhost'
  return loopback.check(bare, version === 6 ? 'ipv6' : 'ipv4')
}
