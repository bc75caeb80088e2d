/**
 * The baseline: the minimum work of a server on this stack for the same requests. Bare `node:http`, the same reads and writes with the
 * same durability, bodies of the same members; no validation beyond `JSON.parse`, no limits, no logging, no framework.
 *
 * `node bench/baseline.ts <file or URL of the database> <public port> <admin port> baseline|one-by-one`
 */
import type { IncomingMessage } from 'node:http'
import { discoveryDocument } from './baseline-bodies.ts'
import { baselineClients } from './baseline-clients.ts'
import { baselineGrants } from './baseline-grants.ts'
import { type Answer, listen } from './baseline-http.ts'
import { baselineLogins } from './baseline-logins.ts'
import { openPostgres } from './baseline-postgres.ts'
import { openSqlite } from './baseline-sqlite.ts'
import { baselineTokens } from './baseline-tokens.ts'

const [database = '', publicPort = '', adminPort = '', name] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${publicPort}/`
const isPostgres = database.startsWith('postgres://')
const store = isPostgres ? openPostgres(database, name === 'one-by-one' ? name : 'together') : await openSqlite(database)
const clients = baselineClients(store, issuer)
const logins = baselineLogins(store, issuer)
const tokens = await baselineTokens(store, issuer, await baselineGrants(store, issuer))
const discovery = JSON.stringify(discoveryDocument(issuer))

function onPublic(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const url = request.url ?? ''
  if (url === '/oauth2/token') return tokens.issue(request, text)
  if (url.startsWith('/oauth2/auth?')) return logins.authorize(request)
  if (url === '/oauth2/register') return clients.register(text)
  if (url.startsWith('/oauth2/register/')) {
    const id = url.slice(17)
    if (request.method === 'PUT') return clients.update(id, request, text)
    return request.method === 'DELETE' ? clients.remove(id, request) : clients.read(id, request)
  }
  if (url === '/.well-known/openid-configuration') return [200, discovery]
  return url === '/health/ready' ? [200, '{"status":"ok"}'] : [404]
}

function onAdmin(request: IncomingMessage, text: string): Answer | Promise<Answer> {
  const url = request.url ?? ''
  if (url === '/admin/oauth2/introspect') return tokens.introspect(text)
  if (url.startsWith('/admin/oauth2/auth/requests/')) return logins.accept(url, text)
  if (url.startsWith('/admin/keys/')) return request.method === 'POST' ? tokens.createKey(text) : tokens.listKeys()
  if (request.method === 'POST' && url === '/admin/clients') return clients.create(text)
  if (url.startsWith('/admin/clients/')) return clients.get(url.slice(15))
  return url.startsWith('/admin/clients') ? clients.list(new URLSearchParams(url.slice(15))) : [404]
}

const servers = [listen(publicPort, onPublic), listen(adminPort, onAdmin)]
process.once('SIGTERM', () => {
  for (const server of servers) server.close().closeAllConnections()
  void store.close()
})
