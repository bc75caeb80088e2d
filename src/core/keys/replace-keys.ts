import { randomUuid } from '../../lib/random.ts'
import { isSameJwk, type Jwk } from '../../protocol/jwks.ts'
import type { Actor } from '../audit/audit.ts'
import { addKey, firstSignature, type KeyAdminDeps, type KeyStores } from './create-key.ts'
import { keepingAlgorithms } from './keep-algorithms.ts'
import { importKey, keyRefusal, wholeJwk } from './make-key.ts'
import { ensureKey } from './open-signing-keys.ts'
import { follows, type NewSigningKey, ourSets, type SigningKey } from './signing-key.ts'

export interface By {
  readonly actor: Actor
  /** Allows the removal of the last key of an algorithm that clients registered. */
  readonly isForced: boolean
}

/**
 * Replaces the keys of a set by those of an administrator, of which the first is the newest, as in responses. Keys that the set has
 * already, by `kid` and key material, stay unchanged. Keys that are left out are removed at once; in a set of this server they sign until
 * the new ones do, and stay published until the last token that they signed expires.
 *
 * @throws Refusal `key-algorithm-unsupported`, `key-malformed`, `key-id-taken` or `key-algorithm-in-use`
 */
export function replaceKeySet(deps: KeyAdminDeps) {
  return async (set: string, jwks: readonly Jwk[], { actor, isForced }: By): Promise<Jwk[]> => {
    const now = deps.clock()
    const keys = await importAll(deps, set, jwks)
    await deps.transaction(async (tx) => {
      await keepingAlgorithms(tx, { set, isForced }, async () => {
        for (const old of await tx.signingKeys.inSet(set)) {
          if (!keys.some(({ kid }) => kid === old.kid)) await retireOrRemove(tx, old, keys, now)
        }
        for (const key of keys.toReversed()) await putKey(tx, key)
      })
      await deps.audit.keysImported(tx, actor, { set, kids: keys.map(({ kid }) => kid) })
    })
    await settle(deps, set)
    return keys.map((key) => wholeJwk(key, deps.sealer))
  }
}

/**
 * Adds a key of an administrator to a set, and replaces the key with the same `kid`, if there is one.
 *
 * @throws Refusal as `replaceKeySet`
 */
export function replaceKey(deps: KeyAdminDeps) {
  return async (set: string, jwk: Jwk, { actor, isForced }: By): Promise<Jwk> => {
    const [key] = (await importAll(deps, set, [jwk])) as [NewSigningKey]
    await deps.transaction(async (tx) => {
      await keepingAlgorithms(tx, { set, isForced }, () => putKey(tx, key))
      await deps.audit.keysImported(tx, actor, { set, kids: [key.kid] })
    })
    await settle(deps, set)
    return wholeJwk(key, deps.sealer)
  }
}

async function importAll(deps: KeyAdminDeps, set: string, jwks: readonly Jwk[]): Promise<NewSigningKey[]> {
  const now = deps.clock()
  const signsFrom = await firstSignature(deps, set, now)
  const keys: NewSigningKey[] = []
  for (const jwk of jwks) {
    const kid = jwk.kid === undefined || jwk.kid === '' ? randomUuid(deps.randomness) : String(jwk.kid)
    if (keys.some((key) => key.kid === kid)) throw keyRefusal({ kind: 'key-malformed', message: `The kid '${kid}' is duplicated.` })
    keys.push(await importKey(jwk, { set, kid, createdAt: now, signsFrom }, deps.sealer))
  }
  return keys
}

/** A key with the same material stays as it is, with its place in the set and the expiry of its last token. */
async function putKey(tx: KeyStores, key: NewSigningKey): Promise<void> {
  const old = (await tx.signingKeys.inSet(key.set)).find(({ kid }) => kid === key.kid)
  if (old && isSameJwk(old.publicJwk, key.publicJwk) && hasSameHalves(old, key)) return
  if (old) await tx.signingKeys.remove(old.kid)
  await addKey(tx, key)
}

const hasSameHalves = (a: NewSigningKey, b: NewSigningKey): boolean =>
  (a.sealedPrivateJwk === undefined) === (b.sealedPrivateJwk === undefined)

async function retireOrRemove(tx: KeyStores, old: SigningKey, keys: readonly NewSigningKey[], now: number): Promise<void> {
  const signing = keys.filter(({ sealedPrivateJwk }) => sealedPrivateJwk !== undefined)
  const successor = signing.find((key) => follows(key, old)) ?? signing[0]
  if (!ourSets.includes(old.set)) await tx.signingKeys.remove(old.kid)
  else if (old.retiredAt === undefined) await tx.signingKeys.retire(old.kid, successor?.signsFrom ?? now)
}

/**
 * Run after a change of keys is committed. Creates a key in a set of this server that cannot sign any more. If that fails, the change
 * remains and the response is a success; `KeyRing.signer` creates the key when one is needed.
 */
export async function settle(deps: KeyAdminDeps, set: string): Promise<void> {
  try {
    if (ourSets.includes(set)) await ensureKey(deps, set)
  } catch (error) {
    const message = 'the key set has no key that can sign; one is created when it is needed'
    deps.telemetry.log('warn', message, { set, error: (error as Error).message })
  }
  await deps.ring.reload()
}
