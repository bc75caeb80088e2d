import { randomUuid } from '../../lib/random.ts'
import { isSameJwk, type Jwk } from '../../protocol/jwks.ts'
import type { Actor } from '../audit/audit.ts'
import { addKey, firstSignature, type KeyAdminDeps, type KeyStores } from './create-key.ts'
import { keepingAlgorithms } from './keep-algorithms.ts'
import { importKey, keyRefusal, wholeJwk } from './make-key.ts'
import { ensureKey } from './open-signing-keys.ts'
import { follows, type NewSigningKey, ourSets, type SigningKey } from './signing-key.ts'

/** Who replaces keys, and whether also the last one of an algorithm that clients registered. */
export interface By {
  readonly actor: Actor
  readonly isForced: boolean
}

/**
 * An administrator puts keys of his own in the place of a set: the first of the list is the newest, as in the answers. Keys that are there already, by `kid`
 * and material, stay as they are. In a set that we sign with, keys that are left out go on until the new ones sign, and stay published
 * as long as tokens of theirs live; in other sets they go at once.
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
          if (!keys.some(({ kid }) => kid === old.kid)) await letGo(tx, old, keys, now)
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
 * An administrator puts one key into a set, in the place of the one with its `kid` if there is one.
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
    if (keys.some((key) => key.kid === kid)) throw keyRefusal({ kind: 'key-malformed', message: `The kid '${kid}' is there twice.` })
    keys.push(await importKey(jwk, { set, kid, createdAt: now, signsFrom }, deps.sealer))
  }
  return keys
}

/** A key that comes back with the same material keeps its place, and what is known of its tokens. */
async function putKey(tx: KeyStores, key: NewSigningKey): Promise<void> {
  const old = (await tx.signingKeys.inSet(key.set)).find(({ kid }) => kid === key.kid)
  if (old && isSameJwk(old.publicJwk, key.publicJwk) && hasSameHalves(old, key)) return
  if (old) await tx.signingKeys.remove(old.kid)
  await addKey(tx, key)
}

const hasSameHalves = (a: NewSigningKey, b: NewSigningKey): boolean =>
  (a.sealedPrivateJwk === undefined) === (b.sealedPrivateJwk === undefined)

async function letGo(tx: KeyStores, old: SigningKey, keys: readonly NewSigningKey[], now: number): Promise<void> {
  const able = keys.filter(({ sealedPrivateJwk }) => sealedPrivateJwk !== undefined)
  const takesOver = able.find((key) => follows(key, old)) ?? able[0]
  if (!ourSets.includes(old.set)) await tx.signingKeys.remove(old.kid)
  else if (old.retiredAt === undefined) await tx.signingKeys.retire(old.kid, takesOver?.signsFrom ?? now)
}

/**
 * After a change of keys is committed: a set that we sign with gets the key that it needs, if it has none. Where that fails, the change
 * stands and is answered as done; `KeyRing.signer` makes the key when one is needed.
 */
export async function settle(deps: KeyAdminDeps, set: string): Promise<void> {
  try {
    if (ourSets.includes(set)) await ensureKey(deps, set)
  } catch (error) {
    const message = 'the set has no key that signs; the next one that is needed is made then'
    deps.telemetry.log('warn', message, { set, error: (error as Error).message })
  }
  await deps.ring.reload()
}
