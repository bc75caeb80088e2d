import { sameText, sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Client } from '../clients/client.ts'

/** Keeps the one registration access token that a client has, as its hash. */
export interface RegistrationTokenStore {
  add(clientId: string, hash: string, at: number): Promise<void>
  /** The client and its token's hash, as they were at one moment. */
  findClient(clientId: string): Promise<{ client: Client; hash: string } | undefined>
  /** Puts `next` in the place of `current`; false where the token is no longer `current`: of two callers with one token, one wins. */
  replace(clientId: string, current: string, next: string, at: number): Promise<boolean>
  /** Puts `hash` in the place of whatever token there is, or of none. */
  put(clientId: string, hash: string, at: number): Promise<void>
  /** Takes the token away; false where it is no longer `current`. */
  remove(clientId: string, current: string): Promise<boolean>
}

/** Unknown client, wrong token, another client's token: one refusal, so that nobody learns which ids exist (RFC 7592 §2). */
export interface RegistrationTokenRefusal {
  readonly kind: 'registration-token-refused'
}

export const refuseToken = () => new Refusal<RegistrationTokenRefusal>({ kind: 'registration-token-refused' })

const prefix = 'ory_rat_'

/** A registration access token for the client, and what is stored of it (RFC 7592 §5). */
export function makeRegistrationToken(randomness: Randomness): { token: string; hash: string } {
  const token = randomToken(randomness, prefix)
  return { token, hash: sha256(token) }
}

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
