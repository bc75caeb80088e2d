import type { Clock } from '../../lib/clock.ts'
import { type Randomness, randomUuid } from '../../lib/random.ts'
import type { Sealer } from '../../lib/seal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { defaultSigningAlg } from '../../protocol/jwks.ts'
import { generateKey } from './make-key.ts'
import { canSign, idTokenKeys, isRetired, keyThatSigns, lasting, ourSets, type SigningKey, type SigningKeyStore } from './signing-key.ts'

/** Keys in the database that none of the configured secrets opens: starting would mean signing with nothing. */
export class SealedKeysLost extends Error {
  override name = 'SealedKeysLost'
}

export interface KeyDeps {
  readonly transaction: Transaction<{ signingKeys: SigningKeyStore }>
  /** Reads outside a transaction. */
  readonly signingKeys: SigningKeyStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Before anything is served: every set that we sign with has a key, and the first of the configured secrets sealed every key. What an
 * older listed secret sealed is sealed again.
 *
 * @throws SealedKeysLost naming the keys that no configured secret opens
 */
export async function openSigningKeys(deps: KeyDeps): Promise<void> {
  await resealOld(deps, await deps.signingKeys.all())
  for (const set of ourSets) await ensureKey(deps, set)
}

/**
 * A set that we sign with is never left without a key that can: the set of the ID tokens not without one for RS256, which every OpenID
 * client may rely on (OpenID Connect Discovery §3). One that is about to retire, for a key of another algorithm, goes on.
 */
export async function ensureKey(deps: KeyDeps, set: string): Promise<void> {
  const able = needed(set, await deps.signingKeys.inSet(set)).filter((key) => canSign(key) && !isRetired(key, deps.clock()))
  const [newest] = able
  if (!newest) await makeFirstKey(deps, set)
  else if (lasting(able).length === 0) await deps.transaction((tx) => tx.signingKeys.retire(newest.kid, null))
}

const needed = (set: string, keys: readonly SigningKey[]): readonly SigningKey[] =>
  set === idTokenKeys ? keys.filter(({ alg }) => alg === defaultSigningAlg) : keys

async function resealOld({ transaction, sealer }: KeyDeps, keys: readonly SigningKey[]): Promise<void> {
  const sealed = keys.flatMap(({ kid, set, sealedPrivateJwk }) =>
    sealedPrivateJwk === undefined ? [] : [{ kid, set, opened: sealer.open(sealedPrivateJwk, kid) }],
  )
  const lost = sealed.filter(({ opened }) => !opened).map(({ kid, set }) => `${kid} of ${set}`)
  if (lost.length > 0) {
    throw new SealedKeysLost(
      `secrets.system: no secret in the list opens the signing keys ${lost.join(', ')}; add the secret that sealed them`,
    )
  }
  for (const { kid, opened } of sealed) {
    if (opened?.isOld) await transaction((tx) => tx.signingKeys.reseal(kid, sealer.seal(opened.plain, kid)))
  }
}

/**
 * A key for a set that has none to sign with. It signs at once, as there is none to sign meanwhile. RS256: the algorithm that every
 * OpenID client must understand. Of several nodes that do this at once, one makes the key.
 */
export async function makeFirstKey(deps: KeyDeps, set: string): Promise<void> {
  const now = deps.clock()
  const key = await generateKey(
    defaultSigningAlg,
    'sig',
    { set, kid: randomUuid(deps.randomness), createdAt: now, signsFrom: now },
    deps.sealer,
  )
  await deps.transaction(async ({ signingKeys }) => {
    const keys = await signingKeys.inSet(set)
    // A set of keys that cannot sign has no first place to take, and nobody to race with but whoever does the same.
    if (keys.length === 0) await signingKeys.addFirst(key)
    else if (!keyThatSigns(needed(set, keys), now)) await signingKeys.add(key)
  })
}
