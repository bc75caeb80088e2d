import type { Client } from '../../src/core/clients/client.ts'
import { ChosenSecrets } from '../../src/core/clients/secrets.ts'
import { writtenByAdmin } from '../../src/core/clients/standing.ts'
import type { GrantedClient, GrantedClients } from '../../src/core/consents/list-granted-clients.ts'
import { checkPassword } from '../../src/core/users/check-password.ts'
import type { User } from '../../src/core/users/user.ts'
import { answerError } from '../../src/http/errors/answer-error.ts'
import { type FallbackHandlers, fallbacks, type GrantsDesk } from '../../src/http/login-app/fallbacks.ts'
import { makeFormSeal } from '../../src/http/login-app/form-token.ts'
import type { ConsentView, LoginView, LogoutView, SignInDesk } from '../../src/http/login-app/sign-in-desk.ts'
import { makeListener } from '../../src/http/server/listener.ts'
import { type Handler, open, type Route } from '../../src/http/server/route.ts'
import { Bcrypt } from '../../src/lib/bcrypt.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { makeSealer } from '../../src/lib/seal.ts'
import { silence } from '../../src/lib/telemetry.ts'
import { type Received, request, type Sent } from './request.ts'
import { freePort } from './server.ts'

/** 12 November 2026, noon UTC. */
export const now = Date.UTC(2026, 10, 12, 12)
const day = 24 * 3_600_000

export const password = 'a password of ada'
export const secrets = new ChosenSecrets(systemRandomness, new Bcrypt())
export const ada: User = {
  subject: 'user-ada',
  username: 'ada',
  password: await secrets.hash(password),
  name: 'Ada Lovelace',
  email: 'ada@example.com',
}

export const login: LoginView = { redirectHost: 'claude.ai', skip: false, subject: '', uiLocales: [] }
export const consent: ConsentView = {
  clientName: 'Claude',
  clientUri: 'https://claude.ai/',
  policyUri: 'https://claude.ai/privacy',
  tosUri: 'https://claude.ai/terms',
  verified: false,
  consentOnDevice: 'asked-each-time',
  redirectHost: 'claude.ai',
  isLoopback: false,
  firstSeen: now - 30 * day,
  requestedScope: ['openid', 'profile', 'email', 'offline_access', 'offline', 'notes.read'],
  requestedAudience: ['https://mcp.example.com/notes'],
  skip: false,
  subject: ada.subject,
  uiLocales: [],
}
export const logout: LogoutView = { client: { clientName: 'Claude' }, subject: ada.subject }

/** A call of an act: its name, the challenge, and the accepted values. */
export type Act = readonly [act: string, challenge: string, accepted?: unknown]

export interface FallbackPages extends AsyncDisposable {
  readonly url: string
  readonly acts: Act[]
  ask(path: string, sent?: Sent): Promise<Received>
  /** A form as a browser posts it from a built-in page. */
  post(path: string, form: Record<string, string | readonly string[]>, headers?: Record<string, string>): Promise<Received>
}

interface Given {
  readonly login?: Partial<LoginView>
  readonly consent?: Partial<ConsentView>
  readonly logout?: Partial<LogoutView>
  /** Whether ada is signed in at the browser, and the clients that she granted access. */
  readonly isSignedIn?: boolean
  readonly granted?: Partial<GrantedClients>
  readonly users?: readonly User[]
  readonly builtIn?: boolean
  readonly clock?: () => number
  /** The redirect target after each act, from the port of the listener. */
  readonly landing?: (port: number) => string
}

/** The built-in pages on a separate listener, with fake acts that know one challenge, `known`, and redirect to `/landed` by default. */
export async function startFallbackPages(given: Given = {}): Promise<FallbackPages> {
  const acts: Act[] = []
  const { users = [ada], builtIn = true, clock = () => now, landing = () => '/landed' } = given
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const handlers = fallbacks({
    desk: fakeDesk(given, acts, landing(port)),
    grants: fakeGrants(given, acts),
    builtIn: () => ({ login: builtIn, consent: builtIn, logout: builtIn }),
    users: () => users,
    checkPassword: checkPassword({ users: () => users, secrets, clock, count() {} }),
    origin: url,
    clock,
    log() {},
  })
  const listener = makeListener({
    name: 'public',
    face: 'plain',
    routes: routesOf(handlers),
    describe() {},
    answerError,
    telemetry: silence,
    host: '127.0.0.1',
    bounds: { max: 1_000, openFiles: undefined },
    bodyLimit: 64 * 1024,
    cors: () => ({ origin: false }),
    addressOf: ({ headers }) => String(headers['x-test-address'] ?? '192.0.2.1'),
    fence: open,
    logsHealth: false,
    answered() {},
    begun: undefined,
  })
  await listener.listen({ host: '127.0.0.1', port })
  return {
    url,
    acts,
    ask: (path, sent) => request(url, path, sent),
    post: (path, form, headers = { origin: 'null', 'sec-fetch-site': 'same-origin' }) =>
      request(url, `/oauth2/fallbacks/${path}`, { method: 'POST', form, headers }),
    async [Symbol.asyncDispose]() {
      listener.server.closeAllConnections()
      await listener.close()
    },
  }
}

function fakeDesk(given: Given, acts: Act[], landing: string): SignInDesk {
  const found =
    <View>(view: View) =>
    (challenge: string) =>
      Promise.resolve(challenge === 'known' ? view : undefined)
  const done = (act: string) => async (challenge: string, accepted?: unknown) => {
    acts.push(accepted === undefined ? [act, challenge] : [act, challenge, accepted])
    return landing
  }
  return {
    findLogin: found({ ...login, ...given.login }),
    acceptLogin: done('acceptLogin'),
    rejectLogin: done('rejectLogin'),
    findConsent: found({ ...consent, ...given.consent }),
    acceptConsent: done('acceptConsent'),
    rejectConsent: done('rejectConsent'),
    findLogout: found({ ...logout, ...given.logout }),
    acceptLogout: done('acceptLogout'),
    rejectLogout: async (challenge) => void (await done('rejectLogout')(challenge)),
  }
}

const verifiedClient = writtenByAdmin({ ...grantedTo({}).client, clientId: 'own', origin: 'admin' })

/** Two clients with access: a self-registered one and a verified one. */
export const granted: readonly GrantedClient[] = [
  grantedTo({ clientId: 'claude', origin: 'dynamic', metadata: { clientName: 'Claude', localized: { 'client_name#de': 'Klaus' } } }),
  grantedTo(verifiedClient, { redirectUris: ['http://127.0.0.1:5/', 'http://[::1]:6/'], scope: [] }),
]

export function grantedTo(client: Partial<Client>, over: Partial<GrantedClient> = {}): GrantedClient {
  return {
    client: {
      clientId: 'app',
      version: 1,
      origin: 'dynamic',
      metadata: {},
      settings: {},
      rotatedSecretHashes: [],
      createdAt: now,
      updatedAt: now,
      tokensValidAfter: 0,
      generation: 1,
      ...client,
    },
    redirectUris: ['https://claude.ai/api/mcp/auth_callback'],
    scope: ['openid', 'offline_access', 'offline', 'notes.read'],
    since: now - 30 * day,
    ...over,
  }
}

/** The grants of ada, who is signed in with one session. Each client can be withdrawn once. */
function fakeGrants({ isSignedIn = true, granted: given = { clients: granted } }: Given, acts: Act[]): GrantsDesk {
  const left = new Map((given.clients ?? []).map((one) => [one.client.clientId, one]))
  const session = { id: 'session-of-ada', subject: ada.subject, authenticatedAt: now, expiresAt: now + day }
  return {
    sessionAt: async () => (isSignedIn ? session : undefined),
    list: async () => ({ next: undefined, ...given, clients: [...left.values()] }),
    findClient: async (clientId) => (given.clients ?? []).find(({ client }) => client.clientId === clientId)?.client,
    async withdraw({ subject, clientId }, actor) {
      acts.push(['withdraw', clientId, { subject, actor }])
      return left.delete(clientId)
    },
    formSeal: makeFormSeal({ sealer: makeSealer(['a secret of this test'], 'form', systemRandomness) }),
  }
}

function routesOf(h: FallbackHandlers): Route[] {
  const operation = { id: 'x', tag: 'x', summary: 'x', answers: {} } as unknown as Route['operation']
  const route = (method: Route['method'], path: string, handler: Handler): Route => ({
    method,
    path,
    face: 'page',
    guard: open,
    cors: false,
    handler,
    operation,
  })
  // biome-ignore format: a table
  return [
    route('GET',  '/oauth2/fallbacks/login',           h.signInPage),
    route('POST', '/oauth2/fallbacks/login',           h.signIn),
    route('GET',  '/oauth2/fallbacks/consent',         h.consentPage),
    route('POST', '/oauth2/fallbacks/consent',         h.consent),
    route('GET',  '/oauth2/fallbacks/logout',          h.signOutPage),
    route('POST', '/oauth2/fallbacks/logout',          h.signOut),
    route('GET',  '/oauth2/fallbacks/logout/callback', h.signedOutPage),
    route('GET',  '/oauth2/fallbacks/grants',          h.grantsPage),
    route('POST', '/oauth2/fallbacks/grants',          h.withdrawGrants),
    route('GET',  '/oauth2/fallbacks/error',           h.errorFallback),
    route('GET',  '/landed',                           () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'landed' })),
  ]
}
