/** The baseline of the registry: clients registered, read, changed and deleted by their owners, and read by an administrator. */
import type { IncomingMessage } from 'node:http'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomText, randomToken, systemRandomness, timedUuid } from '../src/lib/random.ts'
import { adminClient, publicClient } from './baseline-bodies.ts'
import type { Answer } from './baseline-http.ts'
import { type ClientRow, clientColumns, findClient, type ShownRow, type Store, shownColumns } from './baseline-store.ts'

interface OwnedRow extends ClientRow {
  readonly token_hash: string
}

const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const minuteMs = 60_000
const quarterMs = 90 * 24 * 60 * minuteMs

export function baselineClients(store: Store, issuer: string) {
  const client = findClient(store)
  const clientWithToken = store.find<OwnedRow>(
    `SELECT ${clientColumns}, t.hash AS token_hash FROM clients c JOIN registration_access_tokens t ON t.client_id = c.client_id
     WHERE c.client_id = ?`,
  )
  const clientsAfter = store.list<ShownRow>(`SELECT ${shownColumns} FROM clients c WHERE c.client_id > ? ORDER BY c.client_id LIMIT ?`)
  const insertClient = store.write(
    `INSERT INTO clients (client_id, version, origin, client_name, owner, metadata, settings, secret_hash, rotated_secret_hashes, created_at, updated_at)
     VALUES (?, 1, 'dynamic', ?, '', ?, ?, ?, '[]', ?, ?)`,
  )
  const updateClient = store.write(
    'UPDATE clients SET client_name = ?, metadata = ?, updated_at = ?, version = version + 1 WHERE client_id = ?',
  )
  const removeClient = store.write('UPDATE clients SET removed_at = ?, generation = generation + 1, secret_hash = NULL WHERE client_id = ?')
  const queueRemoval = store.write("INSERT INTO removals VALUES ('client', ?, '', 2, ?)")
  const insertToken = store.write('INSERT INTO registration_access_tokens VALUES (?, ?, ?)')
  const replaceToken = store.write('UPDATE registration_access_tokens SET hash = ?, created_at = ? WHERE client_id = ? AND hash = ?')
  const deleteToken = store.write('DELETE FROM registration_access_tokens WHERE client_id = ? AND hash = ?')
  const insertAudit = store.write('INSERT INTO audit_records VALUES (?, ?, ?, ?, ?, ?, ?)')

  const audit = (event: string, clientId: string, now: number, actor = 'owner', facts = {}) =>
    insertAudit(timedUuid(systemRandomness, now), now, event, clientId, actor, JSON.stringify(facts), now + quarterMs)

  async function owned(id: string, request: IncomingMessage): Promise<OwnedRow | undefined> {
    const row = await clientWithToken(id)
    return row && sameText(row.token_hash, sha256(request.headers.authorization?.slice(7) ?? '')) ? row : undefined
  }

  return {
    async register(text: string): Promise<Answer> {
      const metadata = registered(text)
      const now = Date.now()
      const id = timedUuid(systemRandomness, now)
      const secret = randomText(systemRandomness, 26, secretAlphabet)
      const token = randomToken(systemRandomness, 'ory_rat_')
      const { client_name, redirect_uris } = metadata
      await store.act(
        insertClient(id, client_name, JSON.stringify(metadata), '{}', sha256(secret), now, now),
        insertToken(id, sha256(token), now),
        audit('client.registered', id, now, 'stranger', { client_name, redirect_uris }),
      )
      return [201, JSON.stringify(publicClient(issuer, id, metadata, now, now, { secret, token }))]
    },

    async read(id: string, request: IncomingMessage): Promise<Answer> {
      const row = await owned(id, request)
      if (!row) return [401]
      return [200, JSON.stringify(publicClient(issuer, id, JSON.parse(row.metadata), row.created_at, row.updated_at))]
    },

    async update(id: string, request: IncomingMessage, text: string): Promise<Answer> {
      const row = await owned(id, request)
      if (!row) return [401]
      const metadata = registered(text)
      const now = Date.now()
      const token = randomToken(systemRandomness, 'ory_rat_')
      const isReplaced = await store.act(
        replaceToken(sha256(token), now, id, row.token_hash),
        updateClient(metadata.client_name, JSON.stringify(metadata), now, id),
        audit('client.updated', id, now),
      )
      return isReplaced ? [200, JSON.stringify(publicClient(issuer, id, metadata, row.created_at, now, { token }))] : [401]
    },

    async remove(id: string, request: IncomingMessage): Promise<Answer> {
      const row = await owned(id, request)
      if (!row) return [401]
      const now = Date.now()
      const isRemoved = await store.act(
        deleteToken(id, row.token_hash),
        removeClient(now, id),
        queueRemoval(id, now + minuteMs),
        audit('client.deleted', id, now),
      )
      return [isRemoved ? 204 : 401]
    },

    /** Not a case: it creates the administrator's clients with JWTs. */
    async create(text: string): Promise<Answer> {
      const now = Date.now()
      const [id, secret] = [timedUuid(systemRandomness, now), randomText(systemRandomness, 26, secretAlphabet)]
      const { access_token_strategy, ...metadata } = JSON.parse(text)
      const settings = JSON.stringify({ access_token_strategy })
      await store.act(insertClient(id, metadata.client_name, JSON.stringify(metadata), settings, sha256(secret), now, now))
      return [201, JSON.stringify({ client_id: id, client_secret: secret })]
    },

    async get(id: string): Promise<Answer> {
      const row = await client(id)
      return row ? [200, JSON.stringify(adminClient(row))] : [404]
    },

    async list(query: URLSearchParams): Promise<Answer> {
      const size = Number(query.get('page_size') ?? 100)
      const after = Buffer.from(query.get('page_token') ?? '', 'base64url').toString()
      const rows = await clientsAfter(after, size + 1)
      const page = rows.slice(0, size)
      const link = (token: string, rel: string) => `</admin/clients?page_size=${size}&page_token=${token}>; rel="${rel}"`
      const links = [link('', 'first')]
      if (rows.length > size) links.push(link(Buffer.from(page.at(-1)?.client_id ?? '').toString('base64url'), 'next'))
      return [200, JSON.stringify(page.map(adminClient)), { Link: links.join(',') }]
    },
  }
}

/** The registered metadata, with the default of an absent member. */
const registered = (text: string) => ({ ...JSON.parse(text), application_type: 'web' })
