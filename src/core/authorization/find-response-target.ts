import { isLoopbackRedirect, matchesRedirectUri } from '../../protocol/redirect-uri.ts'
import { isResponseMode } from '../../protocol/response-mode.ts'
import { authMethodOf, type Client, type ClientStore, redirectUrisOf } from '../clients/client.ts'
import { standingOf } from '../clients/standing.ts'
import type { ResponseTarget } from './authorization-request.ts'

/** Why the browser must not be redirected to the client: the error page shows it (RFC 6749 §4.1.2.1). */
export type AuthorizationFault =
  | { readonly kind: 'client-missing' }
  | { readonly kind: 'client-unknown'; readonly clientId: string }
  | { readonly kind: 'redirect-uri-missing' }
  | { readonly kind: 'redirect-uri-unregistered'; readonly redirectUri: string }
  | { readonly kind: 'response-mode-unknown'; readonly responseMode: string }
  | { readonly kind: 'parameter-doubled'; readonly name: string }
  | { readonly kind: 'handle-unknown' }

/** The client or its redirect URI cannot be trusted, so the error is shown to the person. */
export class FaultToPerson extends Error {
  override name = 'FaultToPerson'
  readonly fault: AuthorizationFault

  constructor(fault: AuthorizationFault) {
    super(fault.kind)
    this.fault = fault
  }
}

export interface Trusted {
  readonly target: ResponseTarget
  /** Whether the request had `redirect_uri`. */
  readonly isRedirectUriSent: boolean
}

/**
 * The client that sends the browser.
 *
 * @throws FaultToPerson
 */
export function findSender({ clients }: { clients: ClientStore }) {
  return async (parameters: URLSearchParams): Promise<Client> => {
    const clientId = only(parameters, 'client_id')
    if (!clientId) throw new FaultToPerson({ kind: 'client-missing' })
    const client = await clients.find(clientId.replaceAll('\0', '\ufffd'))
    if (!client) throw new FaultToPerson({ kind: 'client-unknown', clientId })
    return client
  }
}

/**
 * Where the answer may be sent: the redirect URI is registered (RFC 9700 §2.1: exact match, RFC 8252 §7.3: any loopback port), and the
 * response mode is supported.
 *
 * @throws FaultToPerson
 */
export function findResponseTarget(client: Client, parameters: URLSearchParams): Trusted {
  const sent = only(parameters, 'redirect_uri')
  const redirectUri = redirectUriOf(client, sent, parameters)
  const responseMode = only(parameters, 'response_mode') ?? 'query'
  if (!isResponseMode(responseMode)) throw new FaultToPerson({ kind: 'response-mode-unknown', responseMode })
  const state = parameters.get('state') || undefined
  return { target: { redirectUri, responseMode, ...(state !== undefined && { state }) }, isRedirectUriSent: sent !== undefined }
}

function redirectUriOf(client: Client, sent: string | undefined, parameters: URLSearchParams): string {
  const registered = redirectUrisOf(client)
  const redirectUri = sent ?? soleRegistered(client, registered, parameters)
  if (redirectUri === undefined) throw new FaultToPerson({ kind: 'redirect-uri-missing' })
  if (!matchesRedirectUri(registered, redirectUri)) throw new FaultToPerson({ kind: 'redirect-uri-unregistered', redirectUri })
  return redirectUri
}

/** RFC 6749 §3.1.2.3: the request may leave out the only registered URI, except where its port changes (OAuth 2.1 §2.3.2). */
function soleRegistered(client: Client, registered: readonly string[], parameters: URLSearchParams): string | undefined {
  const [first = ''] = registered
  const isOpenid = (parameters.get('scope') ?? '').split(' ').includes('openid')
  // OpenID Connect Core §3.1.2.1 for the first, OAuth 2.1 §2.3.2 for the second.
  const isNeeded =
    (isOpenid && standingOf(client).openidRedirectUri === 'required') || (authMethodOf(client) === 'none' && isLoopbackRedirect(first))
  return registered.length === 1 && !isNeeded ? first : undefined
}

/** The value of a parameter. One that is repeated is refused, as the client or its redirect URI would be ambiguous. */
function only(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name)
  if (values.length > 1) throw new FaultToPerson({ kind: 'parameter-doubled', name })
  return values[0] || undefined
}
