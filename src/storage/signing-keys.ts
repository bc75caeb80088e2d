import type { Kysely } from 'kysely'
import type { SigningKeyStore } from '../core/keys/signing-keys.ts'
import type { Schema } from './schema.ts'

/** Our signing keys, the private halves sealed. They stay until they are retired. */
export function signingKeyStore(db: Kysely<Schema>): SigningKeyStore {
  return {
    async all() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at', 'desc').orderBy('kid').execute()
      return rows.map((row) => ({
        kid: row.kid,
        set: row.set_name,
        alg: row.alg,
        publicJwk: JSON.parse(row.public_jwk),
        sealedPrivateJwk: row.sealed_private_jwk,
        createdAt: row.created_at,
      }))
    },
    async addFirst({ kid, set, alg, publicJwk, sealedPrivateJwk, createdAt }) {
      const existing = await db.selectFrom('signing_keys').select('kid').where('set_name', '=', set).executeTakeFirst()
      if (existing) return false
      await db
        .insertInto('signing_keys')
        .values({
          kid,
          set_name: set,
          alg,
          public_jwk: JSON.stringify(publicJwk),
          sealed_private_jwk: sealedPrivateJwk,
          created_at: createdAt,
        })
        .execute()
      return true
    },
    async reseal(kid, sealedPrivateJwk) {
      await db.updateTable('signing_keys').set({ sealed_private_jwk: sealedPrivateJwk }).where('kid', '=', kid).execute()
    },
  }
}
