import { exportJWK, generateKeyPair } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { type Randomness, randomUuid } from '../../lib/random.ts'
import type { Sealer } from '../../lib/seal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Jwk } from '../../protocol/jwks.ts'

/** A key that signs. Its private half rests sealed and is opened only to sign. */
export interface SigningKey {
  readonly kid: string
  /** Hydra's names of sets: one for ID tokens, one for JWT access tokens. */
  readonly set: string
  readonly alg: string
  readonly publicJwk: Jwk
  readonly sealedPrivateJwk: string
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
}

export interface SigningKeyStore {
  all(): Promise<SigningKey[]>
  /** Adds the key if its set has none yet; false where another process was faster. */
  addFirst(key: SigningKey): Promise<boolean>
  /** Puts a newly sealed private half in the place of one. */
  reseal(kid: string, sealedPrivateJwk: string): Promise<void>
}

export const signingKeySets = ['hydra.openid.id-token', 'hydra.jwt.access-token'] as const

/** Keys in the database that none of the configured secrets opens: starting would mean signing with nothing. */
export class SealedKeysLost extends Error {
  override name = 'SealedKeysLost'
}

interface KeyDeps {
  readonly transaction: Transaction<{ signingKeys: SigningKeyStore }>
  /** Reads outside a transaction. */
  readonly signingKeys: SigningKeyStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Before anything is served: every set has a key, and the first of the configured secrets sealed every key. What an older listed
 * secret sealed is sealed again.
 *
 * @returns the public keys
 * @throws SealedKeysLost naming the keys that no configured secret opens
 */
export async function openSigningKeys(deps: KeyDeps): Promise<SigningKey[]> {
  const existing = await deps.signingKeys.all()
  await resealOld(deps, existing)
  for (const set of signingKeySets) {
    if (existing.some((key) => key.set === set)) continue
    const key = await generateSigningKey(deps, set)
    await deps.transaction((tx) => tx.signingKeys.addFirst(key))
  }
  return deps.signingKeys.all()
}

async function resealOld({ transaction, sealer }: KeyDeps, keys: readonly SigningKey[]): Promise<void> {
  const opened = keys.map((key) => ({ key, opened: sealer.open(key.sealedPrivateJwk, key.kid) }))
  const lost = opened.filter((entry) => !entry.opened).map(({ key }) => `${key.kid} of ${key.set}`)
  if (lost.length > 0) {
    throw new SealedKeysLost(
      `secrets.system: no secret in the list opens the signing keys ${lost.join(', ')}; add the secret that sealed them`,
    )
  }
  for (const { key, opened: value } of opened) {
    if (value?.isOld) await transaction((tx) => tx.signingKeys.reseal(key.kid, sealer.seal(value.plain, key.kid)))
  }
}

/** RS256 with 2048 bits: the algorithm every OpenID client must understand, at a size that signs fast. */
async function generateSigningKey({ sealer, clock, randomness }: KeyDeps, set: string): Promise<SigningKey> {
  const alg = 'RS256'
  const { publicKey, privateKey } = await generateKeyPair(alg, { modulusLength: 2048, extractable: true })
  const kid = randomUuid(randomness)
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  const privateJwk = { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' }
  return { kid, set, alg, publicJwk, sealedPrivateJwk: sealer.seal(JSON.stringify(privateJwk), kid), createdAt: clock() }
}
