/** The floor's SQLite: prepared statements, one writer with group commit, one read-only connection; the durability of the server and no more. */
import { DatabaseSync } from 'node:sqlite'

const schema = `
  CREATE TABLE IF NOT EXISTS clients (
    client_id TEXT PRIMARY KEY, client_name TEXT NOT NULL, owner TEXT NOT NULL, document TEXT NOT NULL,
    secret_hash BLOB NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS clients_name ON clients (client_name, client_id);
  CREATE INDEX IF NOT EXISTS clients_owner ON clients (owner, client_id);
  CREATE TABLE IF NOT EXISTS registration_tokens (client_id TEXT PRIMARY KEY, hash BLOB NOT NULL, issued_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS access_tokens (
    hash BLOB PRIMARY KEY, client_id TEXT NOT NULL, scope TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS access_tokens_client ON access_tokens (client_id);
  CREATE INDEX IF NOT EXISTS access_tokens_expiry ON access_tokens (expires_at);
  CREATE TABLE IF NOT EXISTS audit (id TEXT PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, client_id TEXT, facts TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
`

const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;'

/** How many acts one commit may carry. */
const batchSize = 256

export interface ClientRow {
  readonly client_id: string
  readonly document: string
  readonly secret_hash: Uint8Array
  readonly created_at: number
  readonly updated_at: number
  readonly token_hash: Uint8Array
}

export interface TokenRow {
  readonly client_id: string
  readonly scope: string
  readonly issued_at: number
  readonly expires_at: number
}

type Act = { readonly body: () => void; readonly settle: (error?: unknown) => void }

export function openStore(file: string) {
  const writer = new DatabaseSync(file)
  writer.exec(pragmas + schema)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  const queue: Act[] = []

  function flush(): void {
    const batch = queue.splice(0, batchSize)
    if (queue.length > 0) setImmediate(flush)
    let failure: unknown
    try {
      writer.exec('BEGIN IMMEDIATE')
      for (const act of batch) act.body()
      writer.exec('COMMIT')
    } catch (error) {
      failure = error
      if (writer.isTransaction) writer.exec('ROLLBACK')
    }
    for (const act of batch) act.settle(failure)
  }

  const clientColumns = 'c.client_id, c.document, c.secret_hash, c.created_at, c.updated_at'
  const getClient = reader.prepare(`SELECT ${clientColumns} FROM clients c WHERE c.client_id = ?`)
  const getWithToken = reader.prepare(
    `SELECT ${clientColumns}, t.hash AS token_hash FROM clients c JOIN registration_tokens t ON t.client_id = c.client_id WHERE c.client_id = ?`,
  )
  const listClients = reader.prepare(`SELECT ${clientColumns} FROM clients c WHERE c.client_id > ? ORDER BY c.client_id LIMIT ?`)
  const getToken = reader.prepare(
    `SELECT t.client_id, t.scope, t.issued_at, t.expires_at FROM access_tokens t JOIN clients c ON c.client_id = t.client_id WHERE t.hash = ?`,
  )
  return {
    /** Runs `body` with the other acts of this turn in one transaction; settles after the commit. */
    act: (body: () => void) =>
      new Promise<void>((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush)
        queue.push({ body, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
    client: (id: string) => getClient.get(id) as ClientRow | undefined,
    clientWithToken: (id: string) => getWithToken.get(id) as ClientRow | undefined,
    clientsAfter: (id: string, limit: number) => listClients.all(id, limit) as unknown as ClientRow[],
    token: (hash: Uint8Array) => getToken.get(hash) as TokenRow | undefined,
    insertClient: writer.prepare('INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?, ?)'),
    updateClient: writer.prepare('UPDATE clients SET client_name = ?, document = ?, updated_at = ? WHERE client_id = ?'),
    deleteClient: writer.prepare('DELETE FROM clients WHERE client_id = ?'),
    insertRegistrationToken: writer.prepare('INSERT INTO registration_tokens VALUES (?, ?, ?)'),
    replaceRegistrationToken: writer.prepare(
      'UPDATE registration_tokens SET hash = ?, issued_at = ? WHERE client_id = ? AND hash = ? RETURNING client_id',
    ),
    deleteRegistrationToken: writer.prepare('DELETE FROM registration_tokens WHERE client_id = ?'),
    insertToken: writer.prepare('INSERT INTO access_tokens VALUES (?, ?, ?, ?, ?)'),
    deleteTokens: writer.prepare('DELETE FROM access_tokens WHERE client_id = ?'),
    insertAudit: writer.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?)'),
    close() {
      reader.close()
      writer.close()
    },
  }
}

export type Store = ReturnType<typeof openStore>
