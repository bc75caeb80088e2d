/**
 * The floor on PostgreSQL: bare `node:http` and `pg`, the reads and writes of the server, one transaction a request. `pipelined`: the
 * statements of a transaction leave together, so that it costs one round trip. `one-by-one`: each waits for the one before, as most
 * programs do it.
 *
 * `node bench/floor-postgres.ts <database URL> <public port> <admin port> pipelined|one-by-one`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import pg from 'pg'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomText, randomToken, randomUuid, systemRandomness, timedUuid } from '../src/lib/random.ts'
import { adminClient, discoveryDocument, publicClient } from './floor-bodies.ts'
import type { ClientRow, TokenRow } from './floor-store.ts'

const [url = '', publicPort = '', adminPort = '', mode = ''] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${publicPort}/`
const discovery = JSON.stringify(discoveryDocument(issuer))
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const lifetimeMs = 3_600_000

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const pool = new pg.Pool({ connectionString: url, max: 20, pipeline: true } as pg.PoolConfig)

type Statement = readonly [text: string, values: readonly unknown[]]
type Answer = readonly [status: number, body?: string, fields?: Record<string, string>]

/** One transaction. How many rows each statement touched. */
async function act(...statements: Statement[]): Promise<(number | null)[]> {
  const client = await pool.connect()
  try {
    const all: Statement[] = [['BEGIN', []], ...statements, ['COMMIT', []]]
    const results: pg.QueryResult[] = []
    if (mode === 'pipelined') results.push(...(await Promise.all(all.map(([text, values]) => client.query(text, [...values])))))
    else for (const [text, values] of all) results.push(await client.query(text, [...values]))
    return results.slice(1, -1).map(({ rowCount }) => rowCount)
  } finally {
    client.release()
  }
}

const clientColumns = 'c.client_id, c.metadata, c.secret_hash, c.created_at, c.updated_at'

async function rows<Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> {
  return (await pool.query<Row>(text, values)).rows
}

const clientOf = async (id: string) => (await rows<ClientRow>(`SELECT ${clientColumns} FROM clients c WHERE c.client_id = $1`, id))[0]

async function authenticated(id: string, request: IncomingMessage): Promise<ClientRow | undefined> {
  const query = `SELECT ${clientColumns}, t.hash AS token_hash FROM clients c JOIN registration_access_tokens t ON t.client_id = c.client_id WHERE c.client_id = $1`
  const [row] = await rows<ClientRow>(query, id)
  return row && sameText(row.token_hash, sha256(request.headers.authorization?.slice(7) ?? '')) ? row : undefined
}

function audit(event: string, clientId: string, now: number): Statement {
  const id = timedUuid(systemRandomness, now)
  const facts = '{"by":"registration_access_token"}'
  return ['INSERT INTO audit_records VALUES ($1, $2, $3, $4, $5, $6, $7)', [id, now, event, clientId, 'owner', facts, now + lifetimeMs]]
}

async function register(text: string): Promise<Answer> {
  const metadata = JSON.parse(text)
  const now = Date.now()
  const id = randomUuid(systemRandomness)
  const secret = randomText(systemRandomness, 26, secretAlphabet)
  const token = randomToken(systemRandomness, 'ory_rat_')
  await act(
    [
      "INSERT INTO clients VALUES ($1, 1, 'dynamic', $2, '', $3, '{}', $4, '[]', $5, $5, 0)",
      [id, metadata.client_name, JSON.stringify(metadata), sha256(secret), now],
    ],
    ['INSERT INTO registration_access_tokens VALUES ($1, $2, $3)', [id, sha256(token), now]],
    audit('client.registered', id, now),
  )
  return [201, JSON.stringify(publicClient(issuer, id, metadata, now, now, { secret, token }))]
}

async function read(id: string, request: IncomingMessage): Promise<Answer> {
  const row = await authenticated(id, request)
  if (!row) return [401]
  return [200, JSON.stringify(publicClient(issuer, id, JSON.parse(row.metadata), row.created_at, row.updated_at))]
}

async function update(id: string, request: IncomingMessage, text: string): Promise<Answer> {
  const row = await authenticated(id, request)
  if (!row) return [401]
  const metadata = JSON.parse(text)
  const now = Date.now()
  const token = randomToken(systemRandomness, 'ory_rat_')
  const [replaced] = await act(
    [
      'UPDATE registration_access_tokens SET hash = $1, created_at = $2 WHERE client_id = $3 AND hash = $4',
      [sha256(token), now, id, row.token_hash],
    ],
    [
      'UPDATE clients SET client_name = $1, metadata = $2, updated_at = $3, version = version + 1 WHERE client_id = $4',
      [metadata.client_name, JSON.stringify(metadata), now, id],
    ],
    audit('client.updated', id, now),
  )
  return replaced === 1 ? [200, JSON.stringify(publicClient(issuer, id, metadata, row.created_at, now, { token }))] : [401]
}

async function remove(id: string, request: IncomingMessage): Promise<Answer> {
  if (!(await authenticated(id, request))) return [401]
  const now = Date.now()
  await act(
    ['DELETE FROM registration_access_tokens WHERE client_id = $1', [id]],
    ['INSERT INTO removed_clients VALUES ($1, $2, $3)', [id, now, now + lifetimeMs]],
    ['DELETE FROM clients WHERE client_id = $1', [id]],
    audit('client.deleted', id, now),
  )
  return [204]
}

async function adminGet(id: string): Promise<Answer> {
  const row = await clientOf(id)
  return row ? [200, JSON.stringify(adminClient(row))] : [404]
}

async function adminList(query: URLSearchParams): Promise<Answer> {
  const size = Number(query.get('page_size') ?? 100)
  const after = Buffer.from(query.get('page_token') ?? '', 'base64url').toString()
  const text = `SELECT ${clientColumns} FROM clients c WHERE c.client_id > $1 ORDER BY c.client_id LIMIT $2`
  const found = await rows<ClientRow>(text, after, size + 1)
  const page = found.slice(0, size)
  const link = (token: string, rel: string) => `</admin/clients?page_size=${size}&page_token=${token}>; rel="${rel}"`
  const links = [link('', 'first')]
  if (found.length > size) links.push(link(Buffer.from(page.at(-1)?.client_id ?? '').toString('base64url'), 'next'))
  return [200, JSON.stringify(page.map(adminClient)), { Link: links.join(',') }]
}

async function issueToken(request: IncomingMessage, text: string): Promise<Answer> {
  const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
  const colon = basic.indexOf(':')
  const row = await clientOf(decodeURIComponent(basic.slice(0, colon)))
  if (!row || !sameText(row.secret_hash, sha256(decodeURIComponent(basic.slice(colon + 1))))) return [401]
  const scope = new URLSearchParams(text).get('scope') ?? ''
  const now = Date.now()
  const token = randomToken(systemRandomness, 'ory_at_')
  await act([
    "INSERT INTO access_tokens VALUES ($1, $2, $2, $3, '[]', $4, $5, NULL, NULL, NULL)",
    [sha256(token), row.client_id, scope, now, now + lifetimeMs],
  ])
  return [200, JSON.stringify({ access_token: token, expires_in: lifetimeMs / 1000, scope, token_type: 'bearer' })]
}

async function introspect(text: string): Promise<Answer> {
  const hash = sha256(new URLSearchParams(text).get('token') ?? '')
  const [row] = await rows<TokenRow>('SELECT t.client_id, t.scope, t.issued_at, t.expires_at FROM access_tokens t WHERE t.hash = $1', hash)
  if (!row || row.expires_at <= Date.now()) return [200, '{"active":false}']
  const { client_id, scope } = row
  const [iat, exp] = [Math.floor(row.issued_at / 1000), Math.floor(row.expires_at / 1000)]
  const use = { aud: [], iss: issuer, token_type: 'Bearer', token_use: 'access_token' }
  return [200, JSON.stringify({ active: true, scope, client_id, sub: client_id, exp, iat, nbf: iat, ...use })]
}

function onPublic(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const path = request.url ?? ''
  if (path === '/oauth2/token') return issueToken(request, text)
  if (path === '/oauth2/register') return register(text)
  if (path.startsWith('/oauth2/register/')) {
    const id = path.slice(17)
    if (request.method === 'PUT') return update(id, request, text)
    return request.method === 'DELETE' ? remove(id, request) : read(id, request)
  }
  if (path === '/.well-known/openid-configuration') return [200, discovery]
  return path === '/health/ready' ? [200, '{"status":"ok"}'] : [404]
}

function onAdmin(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const path = request.url ?? ''
  if (path === '/admin/oauth2/introspect') return introspect(text)
  if (path.startsWith('/admin/clients/')) return adminGet(path.slice(15))
  return path.startsWith('/admin/clients') ? adminList(new URLSearchParams(path.slice(15))) : [404]
}

function listen(port: string, route: (request: IncomingMessage, text: string) => Answer | Promise<Answer>) {
  const answer = async (request: IncomingMessage, response: ServerResponse, text: string) => {
    const [status, body = '', fields] = await Promise.resolve(route(request, text)).catch((error: Error): Answer => [503, error.message])
    const type = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }
    response.writeHead(status, status === 204 ? fields : { ...type, 'Content-Length': Buffer.byteLength(body), ...fields })
    response.end(body)
  }
  return createServer((request, response) => {
    if (request.method === 'GET' || request.method === 'DELETE') return void answer(request, response, '')
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  }).listen(Number(port), '127.0.0.1')
}

const servers = [listen(publicPort, onPublic), listen(adminPort, onAdmin)]
process.once('SIGTERM', () => {
  for (const server of servers) server.close().closeAllConnections()
  void pool.end()
})
