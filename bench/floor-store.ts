/** The floor's SQLite: prepared statements, one writer with group commit, one read-only connection; the durability of the server and no more. */
import { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../src/app.ts'
import { inGroups, openWriter } from './group-commit.ts'

export interface ClientRow {
  readonly client_id: string
  readonly metadata: string
  readonly secret_hash: string
  readonly created_at: number
  readonly updated_at: number
  readonly token_hash: string
}

export interface TokenRow {
  readonly client_id: string
  readonly scope: string
  readonly issued_at: number
  readonly expires_at: number
}

export async function openStore(file: string) {
  await makeTables(file)
  const writer = openWriter(file)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  const clientColumns = 'c.client_id, c.metadata, c.secret_hash, c.created_at, c.updated_at'
  const getClient = reader.prepare(`SELECT ${clientColumns} FROM clients c WHERE c.client_id = ?`)
  const getWithToken = reader.prepare(
    `SELECT ${clientColumns}, t.hash AS token_hash FROM clients c JOIN registration_access_tokens t ON t.client_id = c.client_id WHERE c.client_id = ?`,
  )
  const listClients = reader.prepare(`SELECT ${clientColumns} FROM clients c WHERE c.client_id > ? ORDER BY c.client_id LIMIT ?`)
  const getStanding = reader.prepare(
    'SELECT c.tokens_valid_after, r.jti FROM clients c LEFT JOIN revoked_tokens r ON r.jti = ? WHERE c.client_id = ?',
  )
  const getToken = reader.prepare(`SELECT t.client_id, t.scope, t.issued_at, t.expires_at FROM access_tokens t WHERE t.hash = ?`)
  return {
    act: inGroups(writer),
    read: (sql: string) => reader.prepare(sql),
    write: (sql: string) => writer.prepare(sql),
    client: (id: string) => getClient.get(id) as ClientRow | undefined,
    clientWithToken: (id: string) => getWithToken.get(id) as ClientRow | undefined,
    clientsAfter: (id: string, limit: number) => listClients.all(id, limit) as unknown as ClientRow[],
    token: (hash: string) => getToken.get(hash) as TokenRow | undefined,
    standing: (clientId: string, jti: string) =>
      getStanding.get(jti, clientId) as { tokens_valid_after: number; jti: string | null } | undefined,
    insertClient: writer.prepare("INSERT INTO clients VALUES (?, 1, 'dynamic', ?, ?, ?, '{}', ?, '[]', ?, ?, 0)"),
    markRemoval: writer.prepare('INSERT INTO removed_clients VALUES (?, ?, ?)'),
    updateClient: writer.prepare(
      'UPDATE clients SET client_name = ?, metadata = ?, updated_at = ?, version = version + 1 WHERE client_id = ?',
    ),
    deleteClient: writer.prepare('DELETE FROM clients WHERE client_id = ?'),
    insertRegistrationToken: writer.prepare('INSERT INTO registration_access_tokens VALUES (?, ?, ?)'),
    replaceRegistrationToken: writer.prepare(
      'UPDATE registration_access_tokens SET hash = ?, created_at = ? WHERE client_id = ? AND hash = ? RETURNING client_id',
    ),
    deleteRegistrationToken: writer.prepare('DELETE FROM registration_access_tokens WHERE client_id = ?'),
    insertToken: writer.prepare("INSERT INTO access_tokens VALUES (?, ?, ?, ?, '[]', ?, ?, NULL, NULL, NULL)"),
    insertAssertion: writer.prepare('INSERT INTO client_assertions VALUES (?, ?) ON CONFLICT DO NOTHING'),
    insertAudit: writer.prepare("INSERT INTO audit_records VALUES (?, ?, ?, ?, 'owner', ?, ?)"),
    close() {
      reader.close()
      writer.close()
    },
  }
}

/** The very tables and indexes of the server. */
async function makeTables(path: string): Promise<void> {
  const { migrateUp, close } = openDatabase({ dsn: { engine: 'sqlite', path } })
  await migrateUp()
  await close()
}

export type Store = Awaited<ReturnType<typeof openStore>>
