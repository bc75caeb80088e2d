import type { Actor } from '../../src/core/audit/audit.ts'
import type { AskedConsent } from '../../src/core/authorization/answer-consent.ts'
import type { AskedLogin } from '../../src/core/authorization/answer-login.ts'
import type { ConsentDecision, LoginDecision } from '../../src/core/authorization/authorization-flow.ts'
import type { WayBack } from '../../src/core/authorization/challenge.ts'
import { resumeUrl } from '../../src/core/authorization/resume-url.ts'
import type { Client } from '../../src/core/clients/client.ts'
import { ChosenSecrets } from '../../src/core/clients/secrets.ts'
import { writtenByAdmin } from '../../src/core/clients/standing.ts'
import type { GrantedClient, GrantedClients } from '../../src/core/consents/list-granted-clients.ts'
import type { ConsentSelection } from '../../src/core/consents/withdraw-consent.ts'
import type { AskedLogout } from '../../src/core/logout/answer-logout.ts'
import { checkPassword } from '../../src/core/users/check-password.ts'
import type { User } from '../../src/core/users/user.ts'
import { answerError } from '../../src/http/errors/answer-error.ts'
import { answerConsent, showConsent } from '../../src/http/login-app/consent.ts'
import { showError } from '../../src/http/login-app/error.ts'
import { makeFormTokens } from '../../src/http/login-app/form-token.ts'
import { removeAccess, showGrants } from '../../src/http/login-app/grants.ts'
import { answerLogout, showLogout, showSignedOut } from '../../src/http/login-app/logout.ts'
import { showSignIn, signIn } from '../../src/http/login-app/sign-in.ts'
import { makeListener } from '../../src/http/server/listener.ts'
import { type DepsOf, open, type Route, routesOf } from '../../src/http/server/route.ts'
import { Bcrypt } from '../../src/lib/bcrypt.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { Refusal } from '../../src/lib/refusal.ts'
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

/** A login request that the sign-in page gets. */
interface Login {
  /** A host; for a private-use scheme, the scheme with its colon. */
  readonly redirectHost: string
  /** Whether a person is signed in already. */
  readonly skip: boolean
  readonly subject: string
  readonly loginHint?: string
  readonly uiLocales: readonly string[]
}

/** A consent request that the consent page gets. */
interface Consent extends ClientMembers {
  /** Verified clients are those of an administrator. */
  readonly verified: boolean
  readonly redirectHost: string
  readonly firstSeen: number
  readonly requestedScope: readonly string[]
  readonly requestedAudience: readonly string[]
  readonly skip: boolean
  readonly subject: string
  readonly uiLocales: readonly string[]
}

type ClientMembers = {
  readonly [Name in 'clientName' | 'clientUri' | 'policyUri' | 'tosUri' | 'localized']?: Client['metadata'][Name] | undefined
}

export const login: Login = { redirectHost: 'claude.ai', skip: false, subject: '', uiLocales: [] }
export const consent: Consent = {
  clientName: 'Claude',
  clientUri: 'https://claude.ai/',
  policyUri: 'https://claude.ai/privacy',
  tosUri: 'https://claude.ai/terms',
  verified: false,
  redirectHost: 'claude.ai',
  firstSeen: now - 30 * day,
  requestedScope: ['openid', 'profile', 'email', 'offline_access', 'offline', 'notes.read'],
  requestedAudience: ['https://mcp.example.com/notes'],
  skip: false,
  subject: ada.subject,
  uiLocales: [],
}

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
  readonly login?: Partial<Login>
  readonly consent?: Partial<Consent>
  /** The client that asks for the logout; `null`: none. */
  readonly logoutClient?: ClientMembers | null
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
  const routes = routesOf<Deps>(table, {
    ...fakeActs(given, acts, landing(port)),
    ...fakeGrants(given, acts),
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
    routes: [...routes, landed],
    describe() {},
    answerError,
    telemetry: silence,
    host: '127.0.0.1',
    bounds: { max: 1_000, openFiles: undefined },
    bodyLimit: 64 * 1024,
    cors: () => ({ origin: false }),
    addressOf: ({ headers }) => String(headers['x-test-address'] ?? '192.0.2.1'),
    fence() {},
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

/** The acts on the challenge `known`. What they are given is recorded without the members that the pages leave at their defaults. */
function fakeActs(given: Given, acts: Act[], landing: string) {
  const find =
    <Asked extends object>(asked: Asked) =>
    async (challenge: string) => {
      if (challenge !== 'known') throw new Refusal({ kind: 'challenge-unknown' })
      return { challenge, ...asked }
    }
  const done = (act: string, challenge: string, accepted?: object): WayBack => {
    acts.push(accepted === undefined ? [act, challenge] : [act, challenge, accepted])
    return { url: landing, add: { verifier: '1' } }
  }
  return {
    findLogin: find(askedLogin({ ...login, ...given.login })),
    acceptLogin: async (challenge: string, { subject, remember, amr }: Accepted<LoginDecision>) =>
      done('acceptLogin', challenge, { subject, remember, amr }),
    rejectLogin: async (challenge: string) => done('rejectLogin', challenge),
    findConsent: find(askedConsent({ ...consent, ...given.consent })),
    acceptConsent: async (challenge: string, { grantScope, grantAudience, remember, idTokenClaims }: Accepted<ConsentDecision>) =>
      done('acceptConsent', challenge, { grantScope, grantAudience, remember, idTokenClaims }),
    rejectConsent: async (challenge: string) => done('rejectConsent', challenge),
    findLogout: find(askedLogout(given.logoutClient === undefined ? { clientName: 'Claude' } : given.logoutClient)),
    acceptLogout: async (challenge: string) => resumeUrl(done('acceptLogout', challenge)),
  }
}

type Accepted<Decision> = Omit<Decision, 'kind' | 'at'>

const redirectUriAt = (host: string): string => {
  if (host.endsWith(':')) return `${host}/callback`
  return /^(localhost|127\.|\[::1\])/.test(host) ? `http://${host}/callback` : `https://${host}/callback`
}

const askedLogin = ({ redirectHost, skip, subject, loginHint, uiLocales }: Login) => {
  const request = { redirectUri: redirectUriAt(redirectHost), oidcContext: { ...(loginHint !== undefined && { loginHint }), uiLocales } }
  const session = { ...(skip && { known: { subject } }) }
  return { flow: { request, session }, client: grantedTo({}).client } as unknown as AskedLogin
}

function askedConsent({ verified, redirectHost, firstSeen, skip, subject, uiLocales, ...rest }: Consent) {
  const { requestedScope: scope, requestedAudience: audience, ...metadata } = rest
  const request = { redirectUri: redirectUriAt(redirectHost), scope, audience, oidcContext: { uiLocales } }
  const { client } = grantedTo({ createdAt: firstSeen, metadata: metadata as Client['metadata'] })
  return {
    flow: { request },
    login: { subject },
    skip,
    client: verified ? writtenByAdmin({ ...client, origin: 'admin' }) : client,
  } as unknown as AskedConsent
}

const askedLogout = (metadata: ClientMembers | null) =>
  ({
    request: { asked: { subject: ada.subject } },
    client: metadata === null ? undefined : grantedTo({ metadata: metadata as Client['metadata'] }).client,
  }) as unknown as AskedLogout

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
function fakeGrants({ isSignedIn = true, granted: given = { clients: granted } }: Given, acts: Act[]) {
  const left = new Map((given.clients ?? []).map((one) => [one.client.clientId, one]))
  const session = { id: 'session-of-ada', subject: ada.subject, authenticatedAt: now, expiresAt: now + day }
  return {
    cookies: { sessionOf: () => session.id },
    findSession: async (id: string | undefined) => (isSignedIn && id === session.id ? session : undefined),
    listGrantedClients: async () => ({ next: undefined, ...given, clients: [...left.values()] }),
    findClient: async (clientId: string) => (given.clients ?? []).find(({ client }) => client.clientId === clientId)?.client,
    async withdrawConsent(which: ConsentSelection, actor: Actor) {
      const { subject, clientId = '' } = which as { subject: string; clientId?: string }
      acts.push(['withdraw', clientId, { subject, actor }])
      return left.delete(clientId)
    },
    formTokens: makeFormTokens({ sealer: makeSealer(['a secret of this test'], 'form', systemRandomness) }),
  }
}

const table = [
  [open, 'none', showSignIn],
  [open, 'none', signIn],
  [open, 'none', showConsent],
  [open, 'none', answerConsent],
  [open, 'none', showLogout],
  [open, 'none', answerLogout],
  [open, 'none', showSignedOut],
  [open, 'none', showGrants],
  [open, 'none', removeAccess],
  [open, 'none', showError],
] as const

type Deps = DepsOf<typeof table>

const landed: Route = {
  method: 'GET',
  path: '/landed',
  face: 'plain',
  guard() {},
  cors: 'none',
  operation: { id: 'x', tag: 'x', summary: 'x', responses: {} },
  handler: () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'landed' }),
}
