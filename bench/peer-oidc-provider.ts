/**
 * The peer: oidc-provider for the same requests, at the server's paths: registration, the token endpoint, and a login. Its storage is as
 * durable as the server's (`peer-storage.ts`), with a commit for each write (`plain`) or for concurrent writes together (`grouped`), or
 * in memory.
 *
 * `node bench/peer-oidc-provider.ts plain|grouped|memory <database file> <public port>`
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
// @ts-expect-error the package has no types
import Provider from 'oidc-provider'
import { eachByItself, inGroups } from './group-commit.ts'
import { memoryStorage, sqliteStorage } from './peer-storage.ts'

const [keeping = '', file = '', port = ''] = process.argv.slice(2)

const storage = keeping === 'memory' ? memoryStorage() : sqliteStorage(file, keeping === 'grouped' ? inGroups : eachByItself)
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
const scope = 'openid offline_access notes.read'
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: storage.adapter,
  jwks: { keys: [{ ...key, alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['only-for-the-bench'] },
  scopes: scope.split(' '),
  routes: { authorization: '/oauth2/auth', registration: '/oauth2/register', token: '/oauth2/token' },
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, registration: { enabled: true } },
  interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // As in the server, every use issues another one.
  rotateRefreshToken: true,
})

let persons = 0

/** Answers login and consent at once: the login with the person, the consent with all that was requested. */
async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    const login = { accountId: `person-${persons++}`, acr: '1', amr: ['pwd'] }
    return provider.interactionFinished(request, response, { login })
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
  grant.addOIDCScope(scope)
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

const answer = provider.callback()
const server = createServer((request, response) => {
  const url = request.url ?? ''
  if (url === '/health/ready') return response.end('{}')
  if (url.startsWith('/interaction/')) return interact(request, response).catch((error) => response.writeHead(500).end(String(error)))
  // OpenID Connect Core §11: it issues no refresh token without `prompt=consent`.
  if (url.startsWith('/oauth2/auth?')) request.url = `${url}&prompt=consent`
  return answer(request, response)
}).listen(Number(port), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close().closeAllConnections()
  storage[Symbol.dispose]()
})
