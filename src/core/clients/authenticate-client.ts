import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import { authMethodOf, type Client, type ClientStore } from './client.ts'
import { type ChosenSecrets, hashMadeSecret } from './secrets.ts'

/** How a caller says who he is at the token endpoint (RFC 6749 §2.3). */
export interface ClientCredentials {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none'
  readonly clientId: string
  /** Empty for `none`. */
  readonly secret: string
}

export type AuthenticationRefusal =
  | { readonly kind: 'client-unknown' }
  | { readonly kind: 'client-secret-wrong'; readonly clientId: string }
  | { readonly kind: 'client-method-wrong'; readonly clientId: string; readonly registered: string; readonly presented: string }

/** Whether the registered secret method must be the very one presented, or Basic and post are as good as each other. */
export type SecretTransport = 'either' | 'exact'

/** A stored hash that no secret has: an unknown client costs what a known one costs. */
const nobody = hashMadeSecret('')

/**
 * Who is asking, proven by the registered method (RFC 6749 §2.3, RFC 7591 §2 `token_endpoint_auth_method`). The registered secret
 * method may be presented as Basic or as form fields; it never crosses with `none` or a key.
 */
export function authenticateClient(deps: { clients: ClientStore; secrets: ChosenSecrets; secretTransport: Live<SecretTransport> }) {
  return async (credentials: ClientCredentials): Promise<Client> => {
    const client = await deps.clients.find(credentials.clientId)
    if (!client) {
      await deps.secrets.matches(credentials.secret, nobody)
      throw new Refusal<AuthenticationRefusal>({ kind: 'client-unknown' })
    }
    checkMethod(client, credentials, deps.secretTransport())
    if (credentials.method !== 'none' && !(await knowsSecret(client, credentials.secret, deps.secrets))) {
      throw new Refusal<AuthenticationRefusal>({ kind: 'client-secret-wrong', clientId: client.clientId })
    }
    return client
  }
}

function checkMethod(client: Client, { method }: ClientCredentials, transport: SecretTransport): void {
  const registered = authMethodOf(client)
  const interchangeable = transport === 'either' && isSecretMethod(registered) && isSecretMethod(method)
  if (method === registered || interchangeable) return
  throw new Refusal<AuthenticationRefusal>({ kind: 'client-method-wrong', clientId: client.clientId, registered, presented: method })
}

/** Whether `secret` is the client's current one or an earlier one that still works. */
export async function knowsSecret(client: Client, secret: string, secrets: ChosenSecrets): Promise<boolean> {
  for (const hash of client.secretHash === undefined ? [] : [client.secretHash, ...client.rotatedSecretHashes]) {
    if (await secrets.matches(secret, hash)) return true
  }
  return false
}
