import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mock } from 'node:test'
// @ts-expect-error the package has no types
import Provider from 'oidc-provider'
import type { Browser } from '../support/browser.ts'
import { request, type Sent } from '../support/request.ts'
import { freePort } from '../support/server.ts'
import { type ClientName, type Clients, needsProofKey, registrations, scope } from './clients.ts'
import type { Party, Question, Step } from './party.ts'

const asked = 'x-asked'

/** oidc-provider in memory, with the paths and clients of this server, and the features that this server has enabled. */
export async function startOracle(clients: Clients): Promise<Party & AsyncDisposable> {
  // It prints long advice for production to the console.
  for (const kind of ['info', 'warn'] as const) mock.method(console, kind, () => {})
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, settings(clients))
  const answer = provider.callback()
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith('/interaction/')) return answer(incoming, outgoing)
    return interact(provider, incoming, outgoing).catch((error) => outgoing.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const play = async (browser: Browser, location: string): Promise<Step | undefined> => {
    if (!location.startsWith(`${issuer}/`)) return undefined
    const answer = await browser.get(location)
    const question = answer.headers[asked] as Question | undefined
    return question ? { asked: question, answer } : { answer }
  }
  return {
    issuer,
    clients,
    public: (path: string, sent?: Sent) => request(issuer, path, sent),
    play,
    async [Symbol.asyncDispose]() {
      mock.restoreAll()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Completes a login with a person, and a consent with the requested scope. */
async function interact(provider: typeof Provider, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(incoming, outgoing)
  outgoing.setHeader(asked, prompt.name)
  if (prompt.name === 'login')
    return provider.interactionFinished(incoming, outgoing, { login: { accountId: session?.accountId ?? `person-${randomUUID()}` } })
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
  grant.addOIDCScope(params.scope ?? '')
  await provider.interactionFinished(incoming, outgoing, { consent: { grantId: await grant.save() } })
}

function settings(clients: Clients): object {
  const names = new Map(Object.entries(clients).map(([name, { id }]) => [id, name as ClientName]))
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  return {
    clients: [...names].map(([client_id, name]) => ({
      ...registrations[name].metadata,
      client_id,
      ...(clients[name].secret !== '' && { client_secret: clients[name].secret }),
    })),
    jwks: { keys: [{ ...key, alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['only-for-the-test'], long: { sameSite: 'none' } },
    scopes: scope.split(' '),
    routes: { authorization: '/oauth2/auth', token: '/oauth2/token', revocation: '/oauth2/revoke', userinfo: '/userinfo' },
    enableHttpPostMethods: true,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      requestObjects: { enabled: true },
      revocation: { enabled: true },
      registration: { enabled: true },
    },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // Each use issues a new refresh token.
    rotateRefreshToken: true,
    pkce: { required: (_: unknown, { clientId }: { clientId: string }) => needsProofKey(names.get(clientId) ?? 'public') },
  }
}
