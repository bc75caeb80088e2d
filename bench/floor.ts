/**
 * The floor: the least that a server on this stack could do for the same requests. Bare `node:http`, the same reads and writes with the
 * same durability, bodies of the same members; no validation beyond `JSON.parse`, no limits, no logging, no framework.
 *
 * `node bench/floor.ts <database file> <public port> <admin port>`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { compactVerify, decodeJwt, generateKeyPair, importJWK, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomText, randomToken, randomUuid, systemRandomness, timedUuid } from '../src/lib/random.ts'
import { adminClient, discoveryDocument, publicClient } from './floor-bodies.ts'
import { floorLogins } from './floor-logins.ts'
import { type ClientRow, openStore } from './floor-store.ts'

const [file = '', publicPort = '', adminPort = ''] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${publicPort}/`
const store = await openStore(file)
const logins = await floorLogins(store, issuer)
const discovery = JSON.stringify(discoveryDocument(issuer))
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const lifetimeMs = 3_600_000
const imported = new Map<string, Awaited<ReturnType<typeof importJWK>>>()

type Answer = readonly [status: number, body?: string, fields?: Record<string, string | string[]>]

async function register(text: string): Promise<Answer> {
  const metadata = JSON.parse(text)
  const now = Date.now()
  const id = randomUuid(systemRandomness)
  const secret = randomText(systemRandomness, 26, secretAlphabet)
  const token = randomToken(systemRandomness, 'ory_rat_')
  const document = JSON.stringify(metadata)
  await store.act(() => {
    store.insertClient.run(id, metadata.client_name, '', document, sha256(secret), now, now)
    store.insertRegistrationToken.run(id, sha256(token), now)
    audit('client.registered', id, now)
  })
  return [201, JSON.stringify(publicClient(issuer, id, metadata, now, now, { secret, token }))]
}

function read(id: string, request: IncomingMessage): Answer {
  const row = authenticated(id, request)
  if (!row) return [401]
  return [200, JSON.stringify(publicClient(issuer, id, JSON.parse(row.metadata), row.created_at, row.updated_at))]
}

async function update(id: string, request: IncomingMessage, text: string): Promise<Answer> {
  const row = authenticated(id, request)
  if (!row) return [401]
  const metadata = JSON.parse(text)
  const now = Date.now()
  const token = randomToken(systemRandomness, 'ory_rat_')
  const document = JSON.stringify(metadata)
  let replaced = false
  await store.act(() => {
    replaced = store.replaceRegistrationToken.get(sha256(token), now, id, row.token_hash) !== undefined
    if (!replaced) return
    store.updateClient.run(metadata.client_name, document, now, id)
    audit('client.updated', id, now)
  })
  return replaced ? [200, JSON.stringify(publicClient(issuer, id, metadata, row.created_at, now, { token }))] : [401]
}

async function remove(id: string, request: IncomingMessage): Promise<Answer> {
  if (!authenticated(id, request)) return [401]
  await store.act(() => {
    store.deleteRegistrationToken.run(id)
    store.markRemoval.run(id, Date.now(), Date.now() + 60_000)
    store.deleteClient.run(id)
    audit('client.deleted', id, Date.now())
  })
  return [204]
}

function adminGet(id: string): Answer {
  const row = store.client(id)
  return row ? [200, JSON.stringify(adminClient(row))] : [404]
}

function adminList(query: URLSearchParams): Answer {
  const size = Number(query.get('page_size') ?? 100)
  const rows = store.clientsAfter(Buffer.from(query.get('page_token') ?? '', 'base64url').toString(), size + 1)
  const page = rows.slice(0, size)
  const link = (token: string, rel: string) => `</admin/clients?page_size=${size}&page_token=${token}>; rel="${rel}"`
  const links = [link('', 'first')]
  if (rows.length > size) links.push(link(Buffer.from(page.at(-1)?.client_id ?? '').toString('base64url'), 'next'))
  return [200, JSON.stringify(page.map(adminClient)), { Link: links.join(',') }]
}

async function issueToken(request: IncomingMessage, text: string): Promise<Answer> {
  if (!request.headers.authorization) return issueTokenByKey(new URLSearchParams(text))
  const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
  const colon = basic.indexOf(':')
  const row = store.client(decodeURIComponent(basic.slice(0, colon)))
  if (!row || !sameText(row.secret_hash, sha256(decodeURIComponent(basic.slice(colon + 1))))) return [401]
  const form = new URLSearchParams(text)
  const grantType = form.get('grant_type')
  if (grantType === 'authorization_code') return logins.exchange(row, form)
  if (grantType === 'refresh_token') return logins.refresh(row, form)
  const scope = form.get('scope') ?? ''
  const now = Date.now()
  if (JSON.parse(row.metadata).access_token_strategy === 'jwt')
    return [200, JSON.stringify(issued(await signJwt(row.client_id, scope, now), scope))]
  const token = randomToken(systemRandomness, 'ory_at_')
  await store.act(() => store.insertToken.run(sha256(token), row.client_id, row.client_id, scope, now, now + lifetimeMs))
  return [200, JSON.stringify(issued(token, scope))]
}

/** The same read, the same jose call, the same two writes in one transaction. A key is imported once. */
async function issueTokenByKey(form: URLSearchParams): Promise<Answer> {
  const assertion = form.get('client_assertion') ?? ''
  const { sub: id = '', jti = '', exp = 0, aud } = decodeJwt(assertion)
  const row = store.client(id)
  if (!row || aud !== issuer) return [401]
  const key = imported.get(id) ?? (await importJWK(JSON.parse(row.metadata).jwks.keys[0], 'ES256'))
  imported.set(id, key)
  await compactVerify(assertion, key, { algorithms: ['ES256'] })
  const scope = form.get('scope') ?? ''
  const now = Date.now()
  const token = randomToken(systemRandomness, 'ory_at_')
  let isNew = false
  await store.act(() => {
    isNew = store.insertAssertion.run(sha256(`${id} ${jti}`), exp * 1000).changes === 1
    if (isNew) store.insertToken.run(sha256(token), row.client_id, row.client_id, scope, now, now + lifetimeMs)
  })
  return isNew ? [200, JSON.stringify({ access_token: token, expires_in: lifetimeMs / 1000, scope, token_type: 'bearer' })] : [400]
}

const issued = (token: string, scope: string) => ({ access_token: token, expires_in: lifetimeMs / 1000, scope, token_type: 'bearer' })

/** The keys that sign, the newest first; the older ones still check. */
const keys = [await makeKey('RS256')]

async function makeKey(alg: string) {
  return { alg, kid: randomUuid(systemRandomness), ...(await generateKeyPair(alg, { modulusLength: 2048 })) }
}

function signJwt(clientId: string, scope: string, now: number): Promise<string> {
  const [{ alg, kid, privateKey }] = keys as [(typeof keys)[0]]
  const iat = Math.floor(now / 1000)
  const claims = { iss: issuer, sub: clientId, aud: [issuer], client_id: clientId, exp: iat + lifetimeMs / 1000, iat, nbf: iat }
  const rest = { jti: timedUuid(systemRandomness, now), scp: [scope], scope, ext: {} }
  return new SignJWT({ ...claims, ...rest }).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(privateKey)
}

async function introspectJwt(token: string): Promise<Answer> {
  const key: JWTVerifyGetKey = ({ kid }) => keys.find((one) => one.kid === kid)?.publicKey as CryptoKey
  const { payload } = await jwtVerify(token, key, { issuer, typ: 'at+jwt' })
  const { client_id, sub, scope, aud, iat, exp, nbf, jti = '' } = payload
  const standing = store.standing(client_id as string, jti)
  if (!standing || standing.jti !== null) return [200, '{"active":false}']
  const use = { aud, iss: issuer, token_type: 'Bearer', token_use: 'access_token', jti }
  return [200, JSON.stringify({ active: true, scope, client_id, sub, exp, iat, nbf, ...use })]
}

async function createKey(text: string): Promise<Answer> {
  keys.unshift(await makeKey(JSON.parse(text).alg))
  return [201, '{}']
}

async function createClient(text: string): Promise<Answer> {
  const metadata = JSON.parse(text)
  const [id, secret, now] = [randomUuid(systemRandomness), randomText(systemRandomness, 26, secretAlphabet), Date.now()]
  await store.act(() => store.insertClient.run(id, metadata.client_name, '', text, sha256(secret), now, now))
  return [201, JSON.stringify({ client_id: id, client_secret: secret })]
}

function introspect(text: string): Answer | Promise<Answer> {
  const token = new URLSearchParams(text).get('token') ?? ''
  if (token.includes('.')) return introspectJwt(token)
  const row = store.token(sha256(token))
  if (!row || row.expires_at <= Date.now()) return [200, '{"active":false}']
  const { client_id, scope } = row
  const [iat, exp] = [Math.floor(row.issued_at / 1000), Math.floor(row.expires_at / 1000)]
  const use = { aud: [], iss: issuer, token_type: 'Bearer', token_use: 'access_token' }
  return [200, JSON.stringify({ active: true, scope, client_id, sub: client_id, exp, iat, nbf: iat, ...use })]
}

function authenticated(id: string, request: IncomingMessage): ClientRow | undefined {
  const row = store.clientWithToken(id)
  return row && sameText(row.token_hash, sha256(request.headers.authorization?.slice(7) ?? '')) ? row : undefined
}

/** Audit ids begin with the time, as UUIDv7 do, so that rows are appended. */
function audit(event: string, clientId: string, now: number): void {
  const id = now.toString(16).padStart(12, '0') + Buffer.from(systemRandomness(10)).toString('hex')
  store.insertAudit.run(id, now, event, clientId, '{"by":"registration_access_token"}', now + lifetimeMs)
}

function onPublic(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const url = request.url ?? ''
  if (url === '/oauth2/token') return issueToken(request, text)
  if (url.startsWith('/oauth2/auth?')) return logins.authorize(request)
  if (url === '/oauth2/register') return register(text)
  if (url.startsWith('/oauth2/register/')) {
    const id = url.slice(17)
    if (request.method === 'PUT') return update(id, request, text)
    return request.method === 'DELETE' ? remove(id, request) : read(id, request)
  }
  if (url === '/.well-known/openid-configuration') return [200, discovery]
  return url === '/health/ready' ? [200, '{"status":"ok"}'] : [404]
}

function onAdmin(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const url = request.url ?? ''
  if (url === '/admin/oauth2/introspect') return introspect(text)
  if (url.startsWith('/admin/oauth2/auth/requests/')) return logins.accept(url, text)
  if (url.startsWith('/admin/keys/')) {
    return request.method === 'POST' ? createKey(text) : [200, JSON.stringify({ keys: keys.map(({ alg }) => ({ alg })) })]
  }
  if (request.method === 'POST' && url === '/admin/clients') return createClient(text)
  if (url.startsWith('/admin/clients/')) return adminGet(url.slice(15))
  return url.startsWith('/admin/clients') ? adminList(new URLSearchParams(url.slice(15))) : [404]
}

function listen(port: string, route: (request: IncomingMessage, text: string) => Answer | Promise<Answer>) {
  const answer = async (request: IncomingMessage, response: ServerResponse, text: string) => {
    const [status, body = '', fields] = await Promise.resolve(route(request, text)).catch((): Answer => [503])
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
  store.close()
})
