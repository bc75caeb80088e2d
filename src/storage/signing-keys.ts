import { sql } from 'kysely'
import type { NewSigningKey, SigningKey, SigningKeyStore } from '../core/keys/signing-key.ts'
import type { Connection } from './connection.ts'
import type { SigningKeyRow } from './schema.ts'

/** Our signing keys, the private halves sealed. They stay until they are retired and the last token that they signed has expired. */
export function signingKeyStore(db: Connection): SigningKeyStore {
  const insertAt = async (position: number, key: NewSigningKey): Promise<boolean> => {
    const row = { ...toRow(key), position }
    const inserted = db.queries
      .insertInto('signing_keys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
    return (await db.change(inserted)) === 1
  }
  const ofSet = (set: string) => db.queries.selectFrom('signing_keys').selectAll().where('set_name', '=', set).orderBy('position', 'desc')
  return {
    async all() {
      const all = db.queries.selectFrom('signing_keys').selectAll().orderBy('set_name').orderBy('position', 'desc')
      return (await db.all(all)).map(toKey)
    },
    async inSet(set) {
      return (await db.all(ofSet(set))).map(toKey)
    },
    async has(kid) {
      return (await db.first(db.queries.selectFrom('signing_keys').select('kid').where('kid', '=', kid))) !== undefined
    },
    async addFirst(key) {
      // Two nodes may both find none: then both insert at the first position, and the unique index refuses one of them.
      return (await db.first(ofSet(key.set).limit(1))) ? false : await insertAt(1, key)
    },
    async add(key) {
      const newest = await db.first(ofSet(key.set).limit(1))
      return await insertAt((newest?.position ?? 0) + 1, key)
    },
    async retire(kid, at) {
      await db.change(db.queries.updateTable('signing_keys').set({ retired_at: at }).where('kid', '=', kid))
    },
    async remove(kid) {
      return (await db.change(db.queries.deleteFrom('signing_keys').where('kid', '=', kid))) === 1
    },
    async cover(kid, until, now) {
      const covered = db.queries
        .updateTable('signing_keys')
        .set({ last_expiry: sql`case when last_expiry > ${until} then last_expiry else ${until} end` })
        .where('kid', '=', kid)
        .where((where) => where.or([where('retired_at', 'is', null), where('retired_at', '>', now)]))
      return (await db.change(covered)) === 1
    },
    async reseal(kid, sealedPrivateJwk) {
      await db.change(db.queries.updateTable('signing_keys').set({ sealed_private_jwk: sealedPrivateJwk }).where('kid', '=', kid))
    },
    async removeExpired(now, limit) {
      const done = db.queries
        .selectFrom('signing_keys')
        .select('kid')
        .where('retired_at', '<=', now)
        .where((where) => where.or([where('last_expiry', 'is', null), where('last_expiry', '<=', now)]))
        .limit(limit)
      return await db.change(db.queries.deleteFrom('signing_keys').where('kid', 'in', done))
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
