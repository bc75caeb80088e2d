import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { openSqlite } from '../../src/storage/dialects/sqlite.ts'
import * as registry from '../../src/storage/migrations/0001-registry.ts'
import * as tokensAndKeys from '../../src/storage/migrations/0003-tokens-and-keys.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'
import { startPostgres } from '../support/postgres.ts'

test('keys from before the migration keep their order, sign at once and are not retired', async () => {
  await using postgres = await startPostgres()
  for (const database of [openSqlite('memory'), openPostgres(await postgres.createDatabase())]) {
    await registry.up(database.write)
    const row = { alg: 'RS256', public_jwk: '{"kty":"RSA"}', sealed_private_jwk: 'sealed' }
    for (const [kid, set_name, created_at] of [
      ['b', 's', 5],
      ['a', 's', 5],
      ['c', 's', 4],
      ['d', 't', 1],
    ] as const)
      await database.write
        .withTables<{ signing_keys: typeof row & { kid: string; set_name: string; created_at: number } }>()
        .insertInto('signing_keys')
        .values({ kid, set_name, created_at, ...row })
        .execute()
    await tokensAndKeys.up(database.write)
    const keys = await signingKeyStore(database.read).all()
    assert.deepEqual(
      keys.map(({ kid, set, signsFrom, retiredAt }) => [kid, set, signsFrom, retiredAt]),
      [
        ['b', 's', 5, undefined],
        ['a', 's', 5, undefined],
        ['c', 's', 4, undefined],
        ['d', 't', 1, undefined],
      ],
    )
    await database.close()
  }
})
