import { randomInt, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Secrets } from '../../src/config/schema.ts'
import { importKey } from '../../src/core/keys/make-key.ts'
import { ourSets } from '../../src/core/keys/signing-key.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { makeSealer } from '../../src/lib/seal.ts'
import type { Jwk } from '../../src/protocol/jwks.ts'
import type { Database } from '../../src/storage/database.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'

/** RSA keys that `test/run.ts` made. */
const file = process.env.CLIENTELE_TEST_KEYS
const made: readonly Jwk[] = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
let given = randomInt(1_000)

/**
 * Inserts the keys of this run, with new ids, into a migrated database that has no signing keys, as if they had been made at `now`. Each
 * set of each database gets a different key. Outside a run it does nothing: a server makes its keys at its first start.
 */
export async function addSigningKeys(database: Database, { system }: Pick<Secrets, 'system'>, now: number): Promise<void> {
  if (made.length === 0) return
  const sealer = makeSealer(system, 'signing-key', systemRandomness)
  for (const set of ourSets) {
    const jwk = { ...made[given++ % made.length], alg: 'RS256', use: 'sig' }
    const { lastExpiry, ...key } = await importKey(jwk, { set, kid: randomUUID(), createdAt: now, signsFrom: now }, sealer)
    await database.transact((db) => signingKeyStore(db).addFirst(key))
  }
}
