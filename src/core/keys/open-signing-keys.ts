import type { Clock } from '../../lib/clock.ts'
import { type Randomness, randomUuid } from '../../lib/random.ts'
import type { Sealer } from '../../lib/seal.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { defaultSigningAlg } from '../../protocol/jwks.ts'
import { generateKey } from './make-key.ts'
import { canSign, idTokenKeys, isRetired, keyThatSigns, lasting, ourSets, type SigningKey, type SigningKeyStore } from './signing-key.ts'

/** Keys in the database that no configured secret decrypts. The server does not start, because it could not sign. */
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
 * Run before any request is served. Creates a key in each set of this server that has none, and re-encrypts with the first configured
 * secret the keys that another listed secret encrypted.
 *
 * @throws SealedKeysLost naming the keys that no configured secret decrypts
 */
export async function openSigningKeys(deps: KeyDeps): Promise<void> {
  await resealOld(deps, await deps.signingKeys.all())
  for (const set of ourSets) await ensureKey(deps, set)
}

/**
 * Ensures that a set of this server has a key that can sign; the set of the ID tokens one for RS256, which every OpenID client may rely on
 * (OpenID Connect Discovery §3). If the only such key is due to retire, for a key of another algorithm, it stays active.
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
      `secrets.system: no secret in the list decrypts the signing keys ${lost.join(', ')}; add the secret that encrypted them`,
    )
  }
  for (const { kid, opened } of sealed) {
    if (opened?.isOld) await transaction((tx) => tx.signingKeys.reseal(kid, sealer.seal(opened.plain, kid)))
  }
}

/**
 * Creates a key in a set that cannot sign. It signs at once, for RS256, which every OpenID client must support. If several nodes do this
 * concurrently, one of them creates the key.
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
    // `addFirst` inserts into an empty set only. In a set of keys that cannot sign, concurrent nodes may each add one.
    if (keys.length === 0) await signingKeys.addFirst(key)
    else if (!keyThatSigns(needed(set, keys), now)) await signingKeys.add(key)
  })
}
