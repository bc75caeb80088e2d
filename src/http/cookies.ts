import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Sealer } from '../lib/seal.ts'

export interface CookieSettings {
  /** Cookies travel over https only, unless the server itself does not speak it. */
  readonly isSecure: boolean
  /** Under `dev` the names are others, as in Hydra: a developer's machine has many servers under one name. */
  readonly isDev: boolean
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  readonly domain: string | undefined
  readonly names: { readonly session: string; readonly login_csrf: string; readonly consent_csrf: string }
  readonly sessionPath: string
  readonly sealer: Sealer
}

/** The cookies of the login, by Hydra's names. A session's id is sealed: whoever knows a `sid` from a token is not logged in by it. */
export interface Cookies {
  sessionOf(request: FastifyRequest): string | undefined
  session(id: string, maxAge: number): string
  csrfOf(request: FastifyRequest, step: 'login' | 'consent', clientId: string): string | undefined
  csrf(step: 'login' | 'consent', clientId: string, value: string, maxAge: number): string
}

const row = 'session'

/** `Lax` suffices, as every way back to us is a link or a redirect that a person follows; `None` needs `Secure`. */
export function makeCookies(settings: CookieSettings): Cookies {
  const { isSecure, names, sessionPath, sealer } = settings
  const suffix = settings.isDev ? '_dev' : ''
  const sessionName = names.session + suffix
  const csrfName = (step: 'login' | 'consent', clientId: string) => `${names[`${step}_csrf`]}${suffix}_${numberOf(clientId)}`
  const sameSite = settings.sameSite === 'None' && !isSecure ? 'Lax' : settings.sameSite
  const flags = `HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}${settings.domain === undefined ? '' : `; Domain=${settings.domain}`}`
  const write = (name: string, value: string, maxAge: number, path = '/'): string =>
    `${name}=${value}; Path=${path}; ${maxAge > 0 ? '' : 'Expires=Thu, 01 Jan 1970 00:00:00 GMT; '}Max-Age=${maxAge}; ${flags}`
  return {
    sessionOf: (request) => sealer.open(cookieOf(request, sessionName) ?? '', row)?.plain,
    session: (id, maxAge) => write(sessionName, maxAge > 0 ? sealer.seal(id, row) : '', maxAge, sessionPath),
    csrfOf: (request, step, clientId) => cookieOf(request, csrfName(step, clientId)),
    csrf: (step, clientId, value, maxAge) => write(csrfName(step, clientId), value, maxAge),
  }
}

/** One cookie for each client, so that two logins at once do not disturb each other. */
const numberOf = (clientId: string): number => hash('sha256', clientId, 'buffer').readUInt32BE()

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const sent = request.headers.cookie ?? ''
  for (const part of sent.split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
