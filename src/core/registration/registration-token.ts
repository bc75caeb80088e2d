import { sha256 } from '../../lib/hash.ts'
import { type Randomness, randomToken } from '../../lib/random.ts'
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

const prefix = 'ory_rat_'

/** A registration access token for the client, and what is stored of it (RFC 7592 §5). */
export function makeRegistrationToken(randomness: Randomness): { token: string; hash: string } {
  const token = randomToken(randomness, prefix)
  return { token, hash: sha256(token) }
}
