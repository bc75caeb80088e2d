import { hash } from 'node:crypto'
import type { Sealer } from '../../lib/seal.ts'
import { type CookieChoices, type CookieKind, hostPrefix, obstacleToHostPrefix } from '../../protocol/host-cookies.ts'
import type { Request } from './request.ts'

export interface CookieSettings extends CookieChoices {
  /** Whether cookies are sent over https only: where the public URL is https. */
  readonly isSecure: boolean
  /** Under `dev` the names have a suffix, as in Hydra: servers on one machine share their cookies. */
  readonly isDev: boolean
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  readonly sealer: Sealer
}

type Step = 'login' | 'consent'

/** The cookies of the login, with the names of Hydra. The session id is sealed: a `sid` from a token is not a valid cookie. */
export interface Cookies {
  sessionOf(request: Request): string | undefined
  session(id: string, maxAge: number): string
  csrfOf(request: Request, step: Step, clientId: string): string | undefined
  /** The same, where only this server can have set it; then a second flow may reuse it. */
  reusableCsrfOf(request: Request, step: Step, clientId: string): string | undefined
  csrf(step: Step, clientId: string, value: string, maxAge: number): string
}

const row = 'session'

/** `Lax` suffices, as browsers return by links and redirects only; `None` needs `Secure`. */
export function makeCookies(settings: CookieSettings): Cookies {
  const { isSecure, names, sessionPath, sealer } = settings
  const suffix = settings.isDev ? '_dev' : ''
  const isHostBound = (kind: CookieKind) => isSecure && obstacleToHostPrefix(kind, settings) === undefined
  const nameOf = (kind: CookieKind) => `${isHostBound(kind) ? hostPrefix : ''}${names[kind]}${suffix}`
  const sessionName = nameOf('session')
  const csrfName = (step: Step, clientId: string) => `${nameOf(`${step}_csrf`)}_${numberOf(clientId)}`
  const sameSite = settings.sameSite === 'None' && !isSecure ? 'Lax' : settings.sameSite
  const flags = `HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}${settings.domain === undefined ? '' : `; Domain=${settings.domain}`}`
  const write = (name: string, value: string, maxAge: number, path = '/'): string =>
    `${name}=${value}; Path=${path}; ${maxAge > 0 ? '' : 'Expires=Thu, 01 Jan 1970 00:00:00 GMT; '}Max-Age=${maxAge}; ${flags}`
  const csrfOf = (request: Request, step: Step, clientId: string) => cookieOf(request, csrfName(step, clientId))
  return {
    sessionOf: (request) => sealer.open(cookieOf(request, sessionName) ?? '', row)?.plain,
    session: (id, maxAge) => write(sessionName, maxAge > 0 ? sealer.seal(id, row) : '', maxAge, sessionPath),
    csrfOf,
    reusableCsrfOf: (request, step, clientId) => (isHostBound(`${step}_csrf`) ? csrfOf(request, step, clientId) : undefined),
    csrf: (step, clientId, value, maxAge) => write(csrfName(step, clientId), value, maxAge),
  }
}

/** One cookie for each client, so that concurrent logins do not overwrite each other's. */
const numberOf = (clientId: string): number => hash('sha256', clientId, 'buffer').readUInt32BE()

function cookieOf(request: Request, name: string): string | undefined {
  const sent = request.headers.cookie ?? ''
  for (const part of sent.split(';')) {
    const at = part.indexOf('=')
    // A cookie without a name is sent without `=`; no part of its value is a name.
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
