import type { FencedFetch, Fetched } from '../../lib/fenced-fetch.ts'
import { parseJson } from '../../lib/json.ts'
import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { type HookCall, type HookSession, refreshHookBody, tokenHookBody } from './hook-call.ts'

/** A URL of the operator: it may be plain http and in a private network. */
export interface Hook {
  readonly url: string
  /** Authenticates this server to the hook. `value` is a secret. */
  readonly apiKey?: { readonly in: 'header' | 'cookie'; readonly name: string; readonly value: string }
}

export interface TokenHooks {
  readonly tokenHook: Hook | undefined
  /** Hydra's older hook, called at a refresh only, and first. */
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
  /** Milliseconds that a hook has to answer; five seconds by default. */
  readonly deadline?: number
}

/** Milliseconds; short, because the token request waits for the hook. */
const defaultDeadline = 5_000
const maxBytes = 64 * 1024
const shape = { depth: 32, width: 4_096 }

/**
 * Calls the operator's hooks before tokens are issued, as Hydra does: 200 replaces the custom claims, 204 keeps them, 403 denies the
 * tokens. Any other status, and no answer in time, is a failure and no token is issued, because the hook might have denied it. A hook
 * may be called for a request that is then refused because a concurrent one was first. Without hooks the same session is returned.
 *
 * @throws Refusal of a `HookRefusal`, or Unavailable if the server stops
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

function asking({ fetch, telemetry, deadline: timeout = defaultDeadline }: TokenHookDeps) {
  return async (name: HookName, hook: Hook, body: object, session: HookSession): Promise<HookSession> => {
    const sent = { method: 'POST', headers: headersOf(hook), body: JSON.stringify(body), types: [], maxBytes, timeout } as const
    let verdict: HookSession | 'denied'
    try {
      verdict = read(await fetch(hook.url, sent, 'operator'), session)
    } catch (error) {
      if (error instanceof Unavailable) throw error
      const { message, cause } = error as Error
      // The URL is not logged: its query may contain secrets.
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

/** `null` counts as absent, as in Hydra, because Go reads it so. */
function asObject(value: unknown, name: string): Record<string, unknown> {
  if (value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${name} is not an object`)
}
