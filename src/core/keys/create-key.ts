import type { Live } from '../../lib/live.ts'
import { randomUuid } from '../../lib/random.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import type { Jwk } from '../../protocol/jwks.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { AlgorithmUsers } from './keep-algorithms.ts'
import type { KeyRing } from './key-ring.ts'
import { generateKey, keyRefusal, wholeJwk } from './make-key.ts'
import type { KeyDeps } from './open-signing-keys.ts'
import { canSign, follows, keyThatSigns, type NewSigningKey, ourSets, type SigningKeyStore } from './signing-key.ts'

export interface KeyAdminDeps extends Omit<KeyDeps, 'transaction'> {
  readonly transaction: Transaction<KeyStores>
  readonly ring: KeyRing
  readonly audit: Audit
  readonly telemetry: Pick<Telemetry, 'log'>
  /** Milliseconds from the publication of a key to its first signature. */
  readonly publishBeforeUse: Live<number>
}

export interface KeyStores {
  readonly signingKeys: SigningKeyStore
  readonly clients: AlgorithmUsers
  readonly audit: AuditStore
}

/** The parameters of a new key. An empty `kid` is replaced by a random one. */
export interface KeyParameters {
  readonly alg: string
  readonly use: string
  readonly kid: string
}

/**
 * Creates a key in a set, which is how keys are rotated. The key is published at once. It signs after `publishBeforeUse`, so that caches
 * of the published keys have it by then, and its predecessor retires at that moment. In a set that cannot sign, it signs at once.
 *
 * @throws Refusal `key-algorithm-unsupported` or `key-id-taken`
 */
export function createKey(deps: KeyAdminDeps) {
  return async (set: string, { alg, use, kid }: KeyParameters, actor: Actor): Promise<Jwk> => {
    const now = deps.clock()
    const signsFrom = await firstSignature(deps, set, now)
    const facts = { set, kid: kid || randomUuid(deps.randomness), createdAt: now, signsFrom }
    const key = await generateKey(alg, use, facts, deps.sealer)
    await deps.transaction(async (tx) => {
      await addKey(tx, key)
      await retireOlder(tx, key)
      await deps.audit.keyCreated(tx, actor, { set, kid: key.kid, alg, signs_from: new Date(signsFrom).toISOString() })
    })
    await deps.ring.reload()
    return wholeJwk(key, deps.sealer)
  }
}

/** When a key that is created now begins to sign. */
export async function firstSignature(
  { signingKeys, publishBeforeUse }: Pick<KeyAdminDeps, 'signingKeys' | 'publishBeforeUse'>,
  set: string,
  now: number,
): Promise<number> {
  return keyThatSigns(await signingKeys.inSet(set), now) ? now + publishBeforeUse() : now
}

/** How often an insert is tried that conflicts with concurrent changes of the set. */
const attempts = 5

/** @throws Refusal `key-id-taken` */
export async function addKey({ signingKeys }: Pick<KeyStores, 'signingKeys'>, key: NewSigningKey): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await signingKeys.has(key.kid)) throw keyRefusal({ kind: 'key-id-taken', kid: key.kid })
    if (await signingKeys.add(key)) return
  }
  throw new Unavailable('the key set is being changed concurrently')
}

/**
 * Leaves one active key in a set of this server; in the set of the ID tokens one for each algorithm. Keys that cannot sign, and all keys
 * of other sets, are removed by the operator only.
 */
async function retireOlder({ signingKeys }: KeyStores, key: NewSigningKey): Promise<void> {
  if (!ourSets.includes(key.set) || !canSign(key)) return
  for (const old of await signingKeys.inSet(key.set)) {
    if (old.kid !== key.kid && canSign(old) && old.retiredAt === undefined && follows(key, old))
      await signingKeys.retire(old.kid, key.signsFrom)
  }
}
