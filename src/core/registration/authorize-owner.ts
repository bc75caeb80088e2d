import { sameText, sha256 } from '../../lib/hash.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Client } from '../clients/client.ts'
import type { RegistrationTokenStore } from './registration-token.ts'

/** Unknown client, wrong token, another client's token: one refusal, so that nobody learns which ids exist (RFC 7592 §2). */
export interface RegistrationTokenRefusal {
  readonly kind: 'registration-token-refused'
}

export const refuseToken = () => new Refusal<RegistrationTokenRefusal>({ kind: 'registration-token-refused' })

/** What `authorizeOwner` found: the client as it was, and the hash that a write must still find in force. */
export interface Authorized {
  readonly client: Client
  readonly tokenHash: string
}

/**
 * The client that `token` lets the caller read and change, whatever its `token_endpoint_auth_method`.
 *
 * @throws Refusal `registration-token-refused`, for every reason alike
 */
export async function authorizeOwner(tokens: RegistrationTokenStore, clientId: string, token: string | undefined): Promise<Authorized> {
  const presented = sha256(token ?? '')
  const found = await tokens.findClient(clientId)
  const isOwner = sameText(presented, found?.hash ?? sha256(''))
  if (!found || token === undefined || !isOwner) throw refuseToken()
  return { client: found.client, tokenHash: found.hash }
}
