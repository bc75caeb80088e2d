/**
 * The peer: oidc-provider for the same requests, with an adapter over `node:sqlite` that is as durable as the server (WAL,
 * `synchronous=FULL`, answers after the commit) and commits together what arrives together, which its users would have to write
 * themselves. It serves registration and the token endpoint at our addresses.
 *
 * `node bench/peer-oidc-provider.ts <database file> <public port>`
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
// @ts-expect-error it brings no types
import Provider from 'oidc-provider'
import { openWriter } from './group-commit.ts'

const [file = '', port = ''] = process.argv.slice(2)

const { writer, act } = openWriter(file)
writer.exec(`CREATE TABLE IF NOT EXISTS records (
    model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, user_code TEXT, uid TEXT, expires_at INTEGER,
    PRIMARY KEY (model, id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS records_by_grant ON records (grant_id);
  CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at)`)
const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 })

const write = (statement: StatementSync, ...values: SQLInputValue[]): Promise<void> => act(() => void statement.run(...values))

const upsert = writer.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)')
const destroy = writer.prepare('DELETE FROM records WHERE model = ? AND id = ?')
const consume = writer.prepare("UPDATE records SET payload = json_set(payload, '$.consumed', ?) WHERE model = ? AND id = ?")
const revoke = writer.prepare('DELETE FROM records WHERE grant_id = ?')
const findBy = (column: string) => reader.prepare(`SELECT payload, expires_at FROM records WHERE model = ? AND ${column} = ?`)
const [byId, byUserCode, byUid] = [findBy('id'), findBy('user_code'), findBy('uid')]

interface Payload {
  readonly grantId?: string
  readonly userCode?: string
  readonly uid?: string
}

const inSeconds = () => Math.floor(Date.now() / 1000)

/** The interface of oidc-provider's adapters. */
class SqliteAdapter {
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

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: SqliteAdapter,
  jwks: { keys: [{ ...key, alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['only-for-the-bench'] },
  scopes: ['openid', 'offline_access', 'notes.read'],
  routes: { registration: '/oauth2/register', token: '/oauth2/token' },
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, registration: { enabled: true } },
})
const answer = provider.callback()
const server = createServer((request, response) => {
  if (request.url === '/health/ready') response.end('{}')
  else answer(request, response)
}).listen(Number(port), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close().closeAllConnections()
  reader.close()
  writer.close()
})
