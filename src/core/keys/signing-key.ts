import type { Jwk } from '../../protocol/jwks.ts'

/** A key of a set. Its private half rests sealed and is opened only to sign, or to be shown to an administrator. */
export interface SigningKey {
  /** Unique among all sets: several of them are published together. */
  readonly kid: string
  readonly set: string
  readonly alg: string
  readonly publicJwk: Jwk
  /** Absent where only the public half was imported. */
  readonly sealedPrivateJwk?: string
  /** Milliseconds since 1970 UTC, as all times here. */
  readonly createdAt: number
  /** It is published from the start, and signs from here on. */
  readonly signsFrom: number
  /** It signs no longer from here on, and stays published until `lastExpiry`. */
  readonly retiredAt?: number
  /** No token that it signed expires later; absent for a key that has signed nothing. */
  readonly lastExpiry?: number
}

export type NewSigningKey = Omit<SigningKey, 'retiredAt'>

/** Keeps the keys. Lists are by set, the newest first. */
export interface SigningKeyStore {
  all(): Promise<SigningKey[]>
  inSet(set: string): Promise<SigningKey[]>
  has(kid: string): Promise<boolean>
  /** Adds the key if its set has none yet; false where there is one, or another process was faster. */
  addFirst(key: NewSigningKey): Promise<boolean>
  /** Adds the key as the newest of its set; false where its `kid` is taken, or another process was faster. */
  add(key: NewSigningKey): Promise<boolean>
  retire(kid: string, at: number | null): Promise<void>
  remove(kid: string): Promise<boolean>
  /** Notes that the key signs tokens that live until `until`; false where it is gone or retired by `now`. */
  cover(kid: string, until: number, now: number): Promise<boolean>
  /** Puts a newly sealed private half in the place of one. */
  reseal(kid: string, sealedPrivateJwk: string): Promise<void>
  /** Removes retired keys whose last token has expired. */
  removeExpired(now: number, limit: number): Promise<number>
}

/** Hydra's names of the sets that we sign with. */
export const idTokenKeys = 'hydra.openid.id-token'
export const accessTokenKeys = 'hydra.jwt.access-token'
export const ourSets: readonly string[] = [idTokenKeys, accessTokenKeys]

export const canSign = (key: NewSigningKey): boolean => key.sealedPrivateJwk !== undefined && key.publicJwk.use !== 'enc'
export const isRetired = ({ retiredAt }: SigningKey, now: number): boolean => retiredAt !== undefined && retiredAt <= now

/**
 * Whether one key of a set takes the place of another: ID tokens are signed with what each client registered, so there a key follows one
 * of its own algorithm. JWT access tokens are signed with the newest key.
 */
export const follows = (key: NewSigningKey, old: NewSigningKey): boolean => key.set !== idTokenKeys || key.alg === old.alg

/** Keys of a set that sign, and go on to. */
export const lasting = (keys: readonly SigningKey[]): SigningKey[] => keys.filter((key) => canSign(key) && key.retiredAt === undefined)

/**
 * The key that signs: the newest of its set that has been published long enough. If none has, the oldest that is not retired: better a
 * key that some caches do not know yet than none.
 *
 * @param keys of one set, the newest first, or those of one algorithm
 */
export function keyThatSigns(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  const able = keys.filter((key) => canSign(key) && !isRetired(key, now))
  return able.find((key) => key.signsFrom <= now) ?? able.at(-1)
}
