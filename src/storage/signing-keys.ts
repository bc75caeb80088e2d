import { sql } from 'kysely'
import type { NewSigningKey, SigningKey, SigningKeyStore } from '../core/keys/signing-key.ts'
import type { Connection } from './database.ts'
import type { SigningKeyRow } from './schema.ts'

/** Our signing keys, the private halves sealed. They stay until they are retired and the last token that they signed has expired. */
export function signingKeyStore(db: Connection): SigningKeyStore {
  const insertAt = async (position: number, key: NewSigningKey): Promise<boolean> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('signing_keys')
      .values({ ...toRow(key), position })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    return numInsertedOrUpdatedRows === 1n
  }
  const ofSet = (set: string) => db.selectFrom('signing_keys').selectAll().where('set_name', '=', set).orderBy('position', 'desc')
  return {
    async all() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('set_name').orderBy('position', 'desc').execute()
      return rows.map(toKey)
    },
    async inSet(set) {
      return (await ofSet(set).execute()).map(toKey)
    },
    async has(kid) {
      return (await db.selectFrom('signing_keys').select('kid').where('kid', '=', kid).executeTakeFirst()) !== undefined
    },
    async addFirst(key) {
      // Two nodes may both find none: then both insert at the first place, and the unique index lets one of them through.
      return (await ofSet(key.set).limit(1).executeTakeFirst()) ? false : await insertAt(1, key)
    },
    async add(key) {
      const newest = await ofSet(key.set).limit(1).executeTakeFirst()
      return await insertAt((newest?.position ?? 0) + 1, key)
    },
    async retire(kid, at) {
      await db.updateTable('signing_keys').set({ retired_at: at }).where('kid', '=', kid).execute()
    },
    async remove(kid) {
      const { numDeletedRows } = await db.deleteFrom('signing_keys').where('kid', '=', kid).executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
    async cover(kid, until, now) {
      const { numUpdatedRows } = await db
        .updateTable('signing_keys')
        .set({ last_expiry: sql`case when last_expiry > ${until} then last_expiry else ${until} end` })
        .where('kid', '=', kid)
        .where((where) => where.or([where('retired_at', 'is', null), where('retired_at', '>', now)]))
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },
    async reseal(kid, sealedPrivateJwk) {
      await db.updateTable('signing_keys').set({ sealed_private_jwk: sealedPrivateJwk }).where('kid', '=', kid).execute()
    },
    async removeExpired(now, limit) {
      const done = db
        .selectFrom('signing_keys')
        .select('kid')
        .where('retired_at', '<=', now)
        .where((where) => where.or([where('last_expiry', 'is', null), where('last_expiry', '<=', now)]))
        .limit(limit)
      const { numDeletedRows } = await db.deleteFrom('signing_keys').where('kid', 'in', done).executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

const toRow = (key: NewSigningKey): Omit<SigningKeyRow, 'position'> => ({
  kid: key.kid,
  set_name: key.set,
  alg: key.alg,
  public_jwk: JSON.stringify(key.publicJwk),
  sealed_private_jwk: key.sealedPrivateJwk ?? '',
  created_at: key.createdAt,
  signs_from: key.signsFrom,
  retired_at: null,
  last_expiry: key.lastExpiry ?? null,
})

const toKey = (row: SigningKeyRow): SigningKey => ({
  kid: row.kid,
  set: row.set_name,
  alg: row.alg,
  publicJwk: JSON.parse(row.public_jwk),
  ...(row.sealed_private_jwk !== '' && { sealedPrivateJwk: row.sealed_private_jwk }),
  createdAt: row.created_at,
  signsFrom: row.signs_from,
  ...(row.retired_at !== null && { retiredAt: row.retired_at }),
  ...(row.last_expiry !== null && { lastExpiry: row.last_expiry }),
})
