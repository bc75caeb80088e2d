import { defaultSigningAlg } from '../../protocol/jwks.ts'
import { keyRefusal } from './make-key.ts'
import { idTokenKeys, lasting, type SigningKeyStore } from './signing-key.ts'

/** Counts the clients that depend on an algorithm. */
export interface AlgorithmUsers {
  /** How many clients have something signed with one of these algorithms; `most` where there are more. */
  countSignedWith(algs: readonly string[], most: number): Promise<number>
}

const mostCounted = 1_000

/**
 * Makes a change to a set, and refuses it if it removes the last key of an algorithm that clients registered. RS256 is exempt: `settle`
 * creates a new key for it. Must run in the transaction of the change, which the refusal rolls back.
 *
 * @param isForced makes the change without this check
 * @throws Refusal `key-algorithm-in-use`
 */
export async function keepingAlgorithms(
  tx: { signingKeys: SigningKeyStore; clients: AlgorithmUsers },
  { set, isForced }: { set: string; isForced: boolean },
  change: () => Promise<void>,
): Promise<void> {
  if (set !== idTokenKeys || isForced) return change()
  const before = await algorithmsOf(tx)
  await change()
  const after = await algorithmsOf(tx)
  const algs = before.filter((alg) => alg !== defaultSigningAlg && !after.includes(alg))
  const clients = algs.length === 0 ? 0 : await tx.clients.countSignedWith(algs, mostCounted + 1)
  if (clients > 0) throw keyRefusal({ kind: 'key-algorithm-in-use', algs, clients: clients > mostCounted ? '1000+' : clients })
}

const algorithmsOf = async ({ signingKeys }: { signingKeys: SigningKeyStore }): Promise<string[]> => [
  ...new Set(lasting(await signingKeys.inSet(idTokenKeys)).map(({ alg }) => alg)),
]
