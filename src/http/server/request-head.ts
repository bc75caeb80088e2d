import type { IncomingMessage } from 'node:http'

/** The fault of a head that Node accepts and this server refuses. */
export type HeadFault = 'http-version' | 'no-host' | 'two-hosts' | 'invalid-host'

/** RFC 3986 §3.2.2 and §3.2.3, as RFC 9110 §7.2 uses them: a name, an IPv4 address or an IPv6 address in brackets, and a port. May be empty. */
const hostForm = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/

/**
 * RFC 9112 §3.2: 400 for a request of HTTP/1.1 without `Host`, and for any with two or an invalid one. Node also accepts HTTP/0.9, whose
 * requests have no version, and HTTP/2.0 on a connection of HTTP/1.1; no client sends these.
 */
export function headFault({ httpVersion, rawHeaders }: Pick<IncomingMessage, 'httpVersion' | 'rawHeaders'>): HeadFault | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'http-version'
  let host: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!isHost(rawHeaders[at] as string)) continue
    if (host !== undefined) return 'two-hosts'
    host = rawHeaders[at + 1] as string
  }
  if (host === undefined) return httpVersion === '1.1' ? 'no-host' : undefined
  return hostForm.test(host) ? undefined : 'invalid-host'
}

const isHost = (name: string): boolean => name.length === 4 && name.toLowerCase() === 'host'
