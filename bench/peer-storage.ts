/** The storage of oidc-provider when it is measured: SQLite, as durable as the server, or memory. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Act, openWriter } from './group-commit.ts'

interface Payload {
  readonly grantId?: string
  readonly userCode?: string
  readonly uid?: string
}

/** The interface of oidc-provider's adapters: one object for each model. */
interface Adapter {
  upsert(id: string, payload: Payload, expiresIn?: number): Promise<void>
  find(id: string): Promise<unknown>
  findByUserCode(userCode: string): Promise<unknown>
  findByUid(uid: string): Promise<unknown>
  destroy(id: string): Promise<void>
  consume(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

export interface PeerStorage extends Disposable {
  readonly adapter: (model: string) => Adapter
}

const inSeconds = () => Math.floor(Date.now() / 1000)

/**
 * An adapter over `node:sqlite`, as its users would have to write it: each write is one statement.
 *
 * @param writing how statements reach the disk
 */
export function sqliteStorage(file: string, writing: (writer: DatabaseSync) => Act): PeerStorage {
  const writer = openWriter(file)
  const act = writing(writer)
  writer.exec(`CREATE TABLE IF NOT EXISTS records (
      model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, user_code TEXT, uid TEXT, expires_at INTEGER,
      PRIMARY KEY (model, id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS records_by_grant ON records (grant_id);
    CREATE INDEX IF NOT EXISTS records_by_uid ON records (uid) WHERE uid IS NOT NULL;
    CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at)`)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 })

  const write = (statement: StatementSync, ...values: SQLInputValue[]): Promise<void> => act(() => void statement.run(...values))

  const upsert = writer.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)')
  const destroy = writer.prepare('DELETE FROM records WHERE model = ? AND id = ?')
  const consume = writer.prepare("UPDATE records SET payload = json_set(payload, '$.consumed', ?) WHERE model = ? AND id = ?")
  const revoke = writer.prepare('DELETE FROM records WHERE grant_id = ?')
  const findBy = (column: string) => reader.prepare(`SELECT payload, expires_at FROM records WHERE model = ? AND ${column} = ?`)
  const [byId, byUserCode, byUid] = [findBy('id'), findBy('user_code'), findBy('uid')]

  class SqliteAdapter implements Adapter {
    readonly #model: string

    constructor(model: string) {
      this.#model = model
    }

    upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
      const expiresAt = expiresIn === undefined ? null : inSeconds() + expiresIn
      const { grantId = null, userCode = null, uid = null } = payload
      return write(upsert, this.#model, id, JSON.stringify(payload), grantId, userCode, uid, expiresAt)
    }

    async find(id: string) {
      return this.#found(byId, id)
    }

    async findByUserCode(userCode: string) {
      return this.#found(byUserCode, userCode)
    }

    async findByUid(uid: string) {
      return this.#found(byUid, uid)
    }

    destroy(id: string): Promise<void> {
      return write(destroy, this.#model, id)
    }

    consume(id: string): Promise<void> {
      return write(consume, inSeconds(), this.#model, id)
    }

    revokeByGrantId(grantId: string): Promise<void> {
      return write(revoke, grantId)
    }

    #found(statement: ReturnType<typeof findBy>, value: string): unknown {
      const row = statement.get(this.#model, value) as { payload: string; expires_at: number | null } | undefined
      return row && (row.expires_at === null || row.expires_at > inSeconds()) ? JSON.parse(row.payload) : undefined
    }
  }

  return {
    adapter: (model) => new SqliteAdapter(model),
    [Symbol.dispose]() {
      reader.close()
      writer.close()
    },
  }
}

interface Kept {
  readonly payload: Payload & { consumed?: number }
  readonly expiresAt: number
}

/** The adapter of oidc-provider keeps at most a thousand entries, fewer than the clients of the bench. */
export function memoryStorage(): PeerStorage {
  const byUid = new Map<string, string>()

  class MemoryAdapter implements Adapter {
    readonly #kept = new Map<string, Kept>()

    async upsert(id: string, payload: Payload, expiresIn = Number.POSITIVE_INFINITY) {
      this.#kept.set(id, { payload: structuredClone(payload), expiresAt: inSeconds() + expiresIn })
      if (payload.uid) byUid.set(payload.uid, id)
    }

    async find(id: string) {
      const kept = this.#kept.get(id)
      return kept && kept.expiresAt > inSeconds() ? structuredClone(kept.payload) : undefined
    }

    async findByUserCode(): Promise<never> {
      throw new Error('no case uses it')
    }

    async findByUid(uid: string) {
      return this.find(byUid.get(uid) ?? '')
    }

    async destroy(id: string) {
      this.#kept.delete(id)
    }

    async consume(id: string) {
      const kept = this.#kept.get(id)
      if (kept) kept.payload.consumed = inSeconds()
    }

    async revokeByGrantId(grantId: string) {
      for (const [id, { payload }] of this.#kept) if (payload.grantId === grantId) this.#kept.delete(id)
    }
  }

  return { adapter: () => new MemoryAdapter(), [Symbol.dispose]() {} }
}
