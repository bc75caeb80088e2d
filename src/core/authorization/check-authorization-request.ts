import { matchesRedirectUri } from '../../protocol/redirect-uri.ts'
import { type Client, type ClientStore, redirectUrisOf } from '../clients/client.ts'

/** What stands in the browser's address that must be trusted before anything is sent back to it. */
export interface AuthorizationRequest {
  readonly clientId: string | undefined
  readonly redirectUri: string | undefined
}

/** Why a browser must not be sent anywhere: told on a page of ours, never by a redirect (RFC 6749 §4.1.2.1). */
export type AuthorizationFault =
  | { readonly kind: 'client-missing' }
  | { readonly kind: 'client-unknown'; readonly clientId: string }
  | { readonly kind: 'redirect-uri-missing' }
  | { readonly kind: 'redirect-uri-unregistered'; readonly redirectUri: string }

export type AuthorizationCheck = { readonly kind: 'ok'; readonly client: Client; readonly redirectUri: string } | AuthorizationFault

/** Whether the client exists and the redirect URI is one of its own (RFC 9700 §2.1: exact match, RFC 8252 §7.3: any loopback port). */
export function checkAuthorizationRequest({ clients }: { clients: ClientStore }) {
  return async ({ clientId, redirectUri }: AuthorizationRequest): Promise<AuthorizationCheck> => {
    if (!clientId) return { kind: 'client-missing' }
    const client = await clients.find(clientId)
    if (!client) return { kind: 'client-unknown', clientId }
    const registered = redirectUrisOf(client)
    const [only] = registered
    // RFC 6749 §3.1.2.3: the one registered URI need not be repeated.
    const target = redirectUri ?? (registered.length === 1 ? only : undefined)
    if (target === undefined) return { kind: 'redirect-uri-missing' }
    if (!matchesRedirectUri(registered, target)) return { kind: 'redirect-uri-unregistered', redirectUri: target }
    return { kind: 'ok', client, redirectUri: target }
  }
}
