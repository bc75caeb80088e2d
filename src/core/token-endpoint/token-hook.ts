import type { FencedFetch, Fetched } from '../../lib/fenced-fetch.ts'
import { parseJson } from '../../lib/json.ts'
import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { type HookCall, type HookSession, refreshHookBody, tokenHookBody } from './hook-call.ts'

/** The operator's own URL: it may be plain http and lie in our network. */
export interface Hook {
  readonly url: string
  /** How it knows us. `value` is a secret. */
  readonly apiKey?: { readonly in: 'header' | 'cookie'; readonly name: string; readonly value: string }
}

export interface TokenHooks {
  readonly tokenHook: Hook | undefined
  /** Hydra's older one, asked at a refresh only, and first. */
  readonly refreshTokenHook: Hook | undefined
}

type HookName = 'token_hook' | 'refresh_token_hook'
export type HookRefusal =
  | { readonly kind: 'hook-denied'; readonly hook: HookName }
  | { readonly kind: 'hook-failed'; readonly hook: HookName }

export interface TokenHookDeps {
  readonly fetch: FencedFetch
  readonly settings: Live<TokenHooks>
  readonly issuer: string
  readonly telemetry: Pick<Telemetry, 'log'>
  /** Milliseconds, in place of the five seconds that a hook has. */
  readonly deadline?: number
}

/** A person waits for the token that the hook is asked about. Milliseconds. */
const usualDeadline = 5_000
const maxBytes = 64 * 1024
const shape = { depth: 32, width: 4_096 }

/**
 * Asks the operator's hooks before tokens are issued, as Hydra does: 200 replaces the custom claims, 204 keeps them, 403 denies the
 * tokens. Everything else, and no answer in time, is a failure that issues nothing: a hook that is down must not grant what it might
 * have denied. It may run for a request that then loses a race. The session comes back as it is where no hook is set.
 *
 * @throws Refusal of a `HookRefusal`, or Unavailable where the server stops
 */
export function tokenHook(deps: TokenHookDeps): (call: HookCall) => Promise<HookSession> {
  const ask = asking(deps)
  return async (call) => {
    const { tokenHook, refreshTokenHook } = deps.settings()
    let { session } = call
    if (refreshTokenHook && call.grantType === 'refresh_token')
      session = await ask('refresh_token_hook', refreshTokenHook, refreshHookBody({ ...call, session }, deps.issuer), session)
    if (tokenHook) session = await ask('token_hook', tokenHook, tokenHookBody({ ...call, session }, deps.issuer), session)
    return session
  }
}

function asking({ fetch, telemetry, deadline: timeout = usualDeadline }: TokenHookDeps) {
  return async (name: HookName, hook: Hook, body: object, session: HookSession): Promise<HookSession> => {
    const sent = { method: 'POST', headers: headersOf(hook), body: JSON.stringify(body), types: [], maxBytes, timeout } as const
    let verdict: HookSession | 'denied'
    try {
      verdict = read(await fetch(hook.url, sent, 'operator'), session)
    } catch (error) {
      if (error instanceof Unavailable) throw error
      const { message, cause } = error as Error
      // Without the URL: people put secrets into its query.
      telemetry.log('error', 'token hook failed', { hook: name, error: String((cause as Error | undefined)?.message ?? message) })
      throw new Refusal<HookRefusal>({ kind: 'hook-failed', hook: name })
    }
    if (verdict === 'denied') throw new Refusal<HookRefusal>({ kind: 'hook-denied', hook: name })
    return verdict
  }
}

function headersOf({ apiKey }: Hook): Record<string, string> {
  const headers = { accept: 'application/json', 'content-type': 'application/json; charset=UTF-8' }
  if (!apiKey) return headers
  const { in: place, name, value } = apiKey
  return { ...headers, ...(place === 'cookie' ? { cookie: `${name}=${value}` } : { [name.toLowerCase()]: value }) }
}

function read({ status, body }: Fetched, before: HookSession): HookSession | 'denied' {
  if (status === 204) return before
  if (status === 403) return 'denied'
  if (status !== 200) throw new Error(`it was answered with ${status}`)
  const { session = {} } = asObject(parseJson(body, shape), 'the answer')
  const { access_token = {}, id_token = {} } = asObject(session, 'session')
  return { accessToken: asObject(access_token, 'session.access_token'), idToken: asObject(id_token, 'session.id_token') }
}

/** Go reads `null` as what is not there. */
function asObject(value: unknown, name: string): Record<string, unknown> {
  if (value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${name} is no object`)
}
