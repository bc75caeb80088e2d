import type { Jwk } from '../../protocol/jwks.ts'

/** A key of a set. Its private half is stored encrypted, and decrypted only to sign or to show it to an administrator. */
export interface SigningKey {
  /** Unique among all sets, because several sets are published together. */
  readonly kid: string
  readonly set: string
  readonly alg: string
  readonly publicJwk: Jwk
  /** Absent where only the public half was imported. */
  readonly sealedPrivateJwk?: string
  /** All times are in milliseconds since 1970 UTC. */
  readonly createdAt: number
  /** When it begins to sign. It is published from its creation. */
  readonly signsFrom: number
  /** When it stops signing. It stays published until `lastExpiry`. */
  readonly retiredAt?: number
  /** No token that it signed expires later. Absent for a key that has signed nothing. */
  readonly lastExpiry?: number
}

export type NewSigningKey = Omit<SigningKey, 'retiredAt'>

/** Stores the keys. Lists are by set, the newest first. */
export interface SigningKeyStore {
  all(): Promise<SigningKey[]>
  inSet(set: string): Promise<SigningKey[]>
  has(kid: string): Promise<boolean>
  /** Adds the key to an empty set; false if the set has a key, or got one concurrently. */
  addFirst(key: NewSigningKey): Promise<boolean>
  /** Adds the key as the newest of its set; false if its `kid` is taken, or the set was changed concurrently. */
  add(key: NewSigningKey): Promise<boolean>
  retire(kid: string, at: number | null): Promise<void>
  remove(kid: string): Promise<boolean>
  /** Records that the key signs tokens that expire by `until`; false if it was removed, or is retired at `now`. */
  cover(kid: string, until: number, now: number): Promise<boolean>
  /** Replaces the encrypted private half. */
  reseal(kid: string, sealedPrivateJwk: string): Promise<void>
  /** Removes retired keys whose last token has expired. */
  removeExpired(now: number, limit: number): Promise<number>
}

/** The sets of this server, with which it signs, as Hydra names them. */
export const idTokenKeys = 'hydra.openid.id-token'
export const accessTokenKeys = 'hydra.jwt.access-token'
export const ourSets: readonly string[] = [idTokenKeys, accessTokenKeys]

export const canSign = (key: NewSigningKey): boolean => key.sealedPrivateJwk !== undefined && key.publicJwk.use !== 'enc'
export const isRetired = ({ retiredAt }: SigningKey, now: number): boolean => retiredAt !== undefined && retiredAt <= now

/**
 * Whether one key of a set is the successor of another. ID tokens are signed with the algorithm that each client registered, so there a
 * key succeeds one of the same algorithm. JWT access tokens are signed with the newest key.
 */
export const follows = (key: NewSigningKey, old: NewSigningKey): boolean => key.set !== idTokenKeys || key.alg === old.alg

/** The keys of a set that can sign and are not due to retire. */
export const lasting = (keys: readonly SigningKey[]): SigningKey[] => keys.filter((key) => canSign(key) && key.retiredAt === undefined)

/**
 * The key that signs now: the newest one that has been published for long enough. If there is none, the oldest that is not retired: a key
 * that some caches do not have yet is better than no signature.
 *
 * @param keys of one set, or of one algorithm in a set; the newest first
 */
export function keyThatSigns(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  const able = keys.filter((key) => canSign(key) && !isRetired(key, now))
  return able.find((key) => key.signsFrom <= now) ?? able.at(-1)
}
