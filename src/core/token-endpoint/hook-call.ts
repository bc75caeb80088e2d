import type { SessionClaims } from '../grants/grant.ts'

/** The custom claims of the tokens that are about to be issued. */
export type HookSession = SessionClaims

/** What is sent to a hook before a token request is granted. */
export interface HookCall {
  readonly grantType: string
  readonly clientId: string
  readonly subject: string
  readonly requestedScope: readonly string[]
  readonly grantedScope: readonly string[]
  readonly grantedAudience: readonly string[]
  readonly grantTypes: readonly string[]
  readonly session: HookSession
  /** The form of the request without secrets, code, refresh token and assertions. */
  readonly payload: () => Readonly<Record<string, readonly string[]>>
}

/** Calls the operator's hooks. Without hooks it returns the same session object. */
export type AskHooks = (call: HookCall) => Promise<HookSession>

/** The body that Hydra posts to `oauth2.token_hook`, so that hooks written for Hydra work. */
export function tokenHookBody(call: HookCall, issuer: string): object {
  return {
    session: session(call, issuer),
    request: { ...requester(call), requested_scopes: call.requestedScope, payload: call.payload() },
  }
}

/** The older body, which Hydra posts to `oauth2.refresh_token_hook`. */
export function refreshHookBody(call: HookCall, issuer: string): object {
  const { clientId, subject, grantedScope, grantedAudience } = call
  return {
    subject,
    session: session(call, issuer),
    requester: requester(call),
    client_id: clientId,
    granted_scopes: grantedScope,
    granted_audience: grantedAudience,
  }
}

const requester = ({ clientId, grantedScope, grantedAudience, grantTypes }: HookCall) => ({
  client_id: clientId,
  granted_scopes: grantedScope,
  granted_audience: grantedAudience,
  grant_types: grantTypes,
})

/** Hydra's session: the custom claims of the ID token are its `ext`, those of the access token are `extra`. */
const session = ({ clientId, subject, session: { accessToken, idToken } }: HookCall, issuer: string) => ({
  id_token: {
    id_token_claims: { iss: issuer, sub: subject, aud: [clientId], ext: idToken },
    headers: { extra: {} },
    username: '',
    subject,
  },
  extra: accessToken,
  client_id: clientId,
})
