import { createHash, timingSafeEqual } from 'node:crypto'
import type { Live } from '../../lib/live.ts'
import { refused } from '../errors/refusals.ts'
import { bearerToken } from '../server/bearer-token.ts'
import type { Request } from '../server/request.ts'
import type { Guard } from '../server/route.ts'
import { rememberActor } from './actor.ts'

/** Who may use the admin listener: every local caller, or the holders of bearer tokens, which are stored as SHA-256 in hexadecimal. */
export type AdminAccess = 'none' | { readonly bearer: readonly { readonly name: string; readonly sha256: string }[] }

const loopbackName = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * The guard of the admin listener. With tokens, every request except the health checks needs one. Without tokens, a web page that the
 * operator visits could send requests from the browser, so requests from web pages are refused: with `Origin`, with a `Sec-Fetch-Site` of
 * another site, or with a `Host` of another name (DNS rebinding).
 *
 * @param ownHost the host of `urls.self.admin`, if set
 */
export function adminFence({ access, ownHost }: { access: Live<AdminAccess>; ownHost: string | undefined }): Guard {
  return (request) => {
    const rule = access()
    if (rule === 'none') return checkBrowser(request, ownHost)
    if (request.url.startsWith('/health/')) return
    const holder = holderOf(bearerToken(request), rule.bearer)
    if (holder === undefined) throw refused({ kind: 'admin-unauthorized' })
    rememberActor(request, holder)
  }
}

function checkBrowser(request: Request, ownHost: string | undefined): void {
  const message = browserFault(request, ownHost)
  if (message !== undefined) throw refused({ kind: 'admin-fenced', message })
}

function browserFault({ headers }: Request, ownHost: string | undefined): string | undefined {
  if (headers.origin !== undefined)
    return 'Requests from web pages (with an Origin header) are refused; set serve.admin.auth to use tokens.'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return 'Requests from other sites (Sec-Fetch-Site) are refused.'
  const host = (headers.host ?? '').toLowerCase()
  const name = host.replace(/:\d+$/, '')
  if (loopbackName.test(name) || (ownHost !== undefined && (host === ownHost || name === ownHost))) return undefined
  return 'The Host header is neither a loopback name nor that of urls.self.admin.'
}

/** Compares with every token in constant time. */
function holderOf(token: string | undefined, bearer: readonly { name: string; sha256: string }[]): string | undefined {
  if (token === undefined) return undefined
  const digest = createHash('sha256').update(token).digest()
  return bearer.filter(({ sha256 }) => timingSafeEqual(digest, Buffer.from(sha256, 'hex')))[0]?.name
}
