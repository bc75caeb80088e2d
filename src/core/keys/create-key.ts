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

/** What the caller chose; an empty `kid` leaves it to us. */
export interface KeyOrder {
  readonly alg: string
  readonly use: string
  readonly kid: string
}

/**
 * A new key for a set, which is how keys are rotated: it is published at once, signs once those who keep copies of our keys have had
 * time to see it, and the one before it retires at that moment. In a set that cannot sign, it signs at once.
 *
 * @throws Refusal `key-algorithm-unsupported` or `key-id-taken`
 */
export function createKey(deps: KeyAdminDeps) {
  return async (set: string, { alg, use, kid }: KeyOrder, actor: Actor): Promise<Jwk> => {
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

/** When a key that is made now may sign. */
export async function firstSignature(
  { signingKeys, publishBeforeUse }: Pick<KeyAdminDeps, 'signingKeys' | 'publishBeforeUse'>,
  set: string,
  now: number,
): Promise<number> {
  return keyThatSigns(await signingKeys.inSet(set), now) ? now + publishBeforeUse() : now
}

/** How often two who add to one set at once are sorted out before one of them is told to come back. */
const attempts = 5

/** @throws Refusal `key-id-taken` */
export async function addKey({ signingKeys }: Pick<KeyStores, 'signingKeys'>, key: NewSigningKey): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await signingKeys.has(key.kid)) throw keyRefusal({ kind: 'key-id-taken', kid: key.kid })
    if (await signingKeys.add(key)) return
  }
  throw new Unavailable('others are changing this key set')
}

/**
 * A set that we sign with has one key that goes on; that of the ID tokens one for each algorithm. Keys that do not sign, and all keys in
 * the operator's own sets, are the operator's to remove.
 */
async function retireOlder({ signingKeys }: KeyStores, key: NewSigningKey): Promise<void> {
  if (!ourSets.includes(key.set) || !canSign(key)) return
  for (const old of await signingKeys.inSet(key.set)) {
    if (old.kid !== key.kid && canSign(old) && old.retiredAt === undefined && follows(key, old))
      await signingKeys.retire(old.kid, key.signsFrom)
  }
}
