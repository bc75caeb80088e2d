import type { Clock } from '../../lib/clock.ts'
import { makeHandle, makeRowId } from '../../lib/handle.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, timedUuid } from '../../lib/random.ts'
import type { Transaction } from '../../lib/transaction.ts'
import { asksForLogin, parsePrompt } from '../../protocol/prompt.ts'
import type { Client } from '../clients/client.ts'
import { type LoginSession, type LoginSessionStore, sessionInForce } from '../sessions/login-session.ts'
import type { Claims } from '../tokens/id-token.ts'
import { type AuthorizationFlow, type AuthorizationFlowStore, csrfValue, type FlowSession } from './authorization-flow.ts'
import { type AuthorizationRequest, type OidcContext, RefusedToClient, type ResponseTarget } from './authorization-request.ts'
import {
  type Asked,
  type AuthorizationLive,
  checkAuthorizationRequest,
  requestedAudience,
  requestedScope,
} from './check-authorization-request.ts'
import { FaultToPerson, findResponseTarget, type Trusted } from './find-response-target.ts'

/** What a browser sent. */
export interface Browser {
  /** The address as it was sent; for a POST, what it would have been as a GET. */
  readonly url: string
  readonly parameters: URLSearchParams
  /** The source address: unfinished flows are counted by it. */
  readonly address: string
  /** The id in its session cookie, which this server sealed. */
  readonly sessionId: string | undefined
  /** The value of its CSRF cookie for a client. */
  csrf(step: 'login' | 'consent', clientId: string): string | undefined
  /** The same where only this server can have set the cookie. Another one is not reused, as an attacker may have chosen its value. */
  reusableCsrf(step: 'login' | 'consent', clientId: string): string | undefined
}

/** The browser is sent to a login or consent application with a challenge, and gets a CSRF cookie that binds the answer to it. */
export interface ToApplication {
  readonly step: 'login' | 'consent'
  /** The request asks for the page that creates an account (`prompt=registration`). */
  readonly isRegistration?: boolean
  readonly challenge: string
  readonly clientId: string
  readonly csrf: string
}

/** Flows of one address without an accepted login, unanswered and rejected ones. Above it the oldest is evicted. */
const mostUnaccepted = 1_000

export interface BeginDeps {
  readonly findSender: (parameters: URLSearchParams) => Promise<Client>
  readonly readRequestObject: (client: Client, parameters: URLSearchParams) => Promise<URLSearchParams>
  readonly readHint: (idToken: string) => Promise<Claims | undefined>
  /** The person's `sub` for a client. */
  readonly subjectFor: (client: Client, subject: string) => string
  readonly sessions: LoginSessionStore
  readonly transaction: Transaction<{ flows: AuthorizationFlowStore }>
  readonly settings: AuthorizationLive
  /** Lifespan of a login or consent request in milliseconds. */
  readonly requestLifespan: Live<number>
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * RFC 6749 §4.1.1: stores a valid request as a flow and sends the browser to the login application, which reads from the login
 * request whether the person is logged in already.
 *
 * @throws FaultToPerson or RefusedToClient
 */
export function beginAuthorization(deps: BeginDeps) {
  return async (browser: Browser): Promise<ToApplication> => {
    const now = deps.clock()
    const client = await deps.findSender(browser.parameters)
    const parameters = keepLoginPrompt(browser.parameters, await deps.readRequestObject(client, browser.parameters))
    const trusted = findResponseTarget(client, parameters)
    const { target } = trusted
    const asked: Asked = { client, sent: browser.parameters, parameters, settings: deps.settings() }
    checkAuthorizationRequest(asked, target)
    const hint = await readHint(parameters, target, deps)
    const request = requestOf(browser, trusted, asked, hint)
    const known = knownSession(await sessionInForce(deps.sessions, browser.sessionId, now), request, client, hint, now, deps)
    refuseWithoutSession(known, request, target)
    return open(browser, client, request, known, now, deps)
  }
}

/**
 * A request object takes precedence over the parameters outside, except over the `prompt=login` that `acceptLogin` adds when it restarts
 * a request: without it the restarted request would find the same session again, in a loop.
 */
function keepLoginPrompt(sent: URLSearchParams, parameters: URLSearchParams): URLSearchParams {
  const prompt = parsePrompt(parameters.get('prompt') ?? '').values
  if (!parsePrompt(sent.get('prompt') ?? '').values.has('login') || prompt.has('login') || prompt.has('none')) return parameters
  const merged = new URLSearchParams(parameters)
  merged.set('prompt', `login ${parameters.get('prompt') ?? ''}`.trim())
  return merged
}

async function readHint(parameters: URLSearchParams, target: ResponseTarget, { readHint }: BeginDeps): Promise<Claims | undefined> {
  const text = parameters.get('id_token_hint') ?? ''
  if (text === '') return undefined
  const claims = await readHint(text)
  if (!claims) throw new RefusedToClient(target, { kind: 'hint-refused' })
  return claims
}

function requestOf(browser: Browser, { target, isRedirectUriSent }: Trusted, asked: Asked, hint: Claims | undefined): AuthorizationRequest {
  const { parameters, client } = asked
  const of = (name: string): string | undefined => parameters.get(name) || undefined
  const [nonce, codeChallenge] = [of('nonce'), of('code_challenge')]
  // OpenID Connect Dynamic Client Registration §2: the registered value is the default.
  const maxAge = of('max_age') ?? client.metadata.defaultMaxAge
  return {
    url: browser.url,
    clientVersion: client.version,
    ...target,
    isRedirectUriSent,
    ...(nonce !== undefined && { nonce }),
    ...(codeChallenge !== undefined && { codeChallenge }),
    scope: requestedScope(asked),
    audience: requestedAudience(asked),
    prompt: [...parsePrompt(of('prompt') ?? '').values],
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
    oidcContext: contextOf(of, client, hint),
  }
}

function contextOf(
  of: (name: string) => string | undefined,
  { metadata: { defaultAcrValues } }: Client,
  idTokenHintClaims: Claims | undefined,
): OidcContext {
  const list = (name: string) =>
    of(name)
      ?.split(' ')
      .filter((value) => value !== '')
  const [acrValues, uiLocales, display, loginHint] = [
    list('acr_values') ?? defaultAcrValues,
    list('ui_locales'),
    of('display'),
    of('login_hint'),
  ]
  return {
    ...(acrValues && { acrValues }),
    ...(uiLocales && { uiLocales }),
    ...(display !== undefined && { display }),
    ...(idTokenHintClaims && { idTokenHintClaims }),
    ...(loginHint !== undefined && { loginHint }),
  }
}

type Known = { readonly session: LoginSession } | { readonly why: 'no-session' | 'max-age' | 'other-subject' }

/** The browser's session, or why the request needs a new login (OpenID Connect Core §3.1.2.3). */
function knownSession(
  session: LoginSession | undefined,
  { prompt, maxAge }: AuthorizationRequest,
  client: Client,
  hint: Claims | undefined,
  now: number,
  { subjectFor }: BeginDeps,
): Known {
  const needsNewLogin = asksForLogin(prompt) || prompt.includes('registration')
  if (!session || needsNewLogin) return { why: 'no-session' }
  if (maxAge !== undefined && now - session.authenticatedAt >= maxAge * 1000) return { why: 'max-age' }
  // A hint of this session names its person, even where the login application forced another `sub` for the client.
  if (hint && hint.sid !== session.id && hint.sub !== subjectFor(client, session.subject)) return { why: 'other-subject' }
  return { session }
}

function refuseWithoutSession(known: Known, { prompt }: AuthorizationRequest, target: ResponseTarget): void {
  if ('why' in known && prompt.includes('none')) throw new RefusedToClient(target, { kind: 'login-required', why: known.why })
}

async function open(
  { address, reusableCsrf }: Browser,
  { clientId, generation }: Client,
  request: AuthorizationRequest,
  known: Known,
  now: number,
  deps: BeginDeps,
): Promise<ToApplication> {
  const id = makeRowId(deps.randomness, now)
  const challenge = makeHandle(deps.randomness, id)
  const value = csrfValue(deps.randomness, reusableCsrf('login', clientId))
  const login = { challenge: sha256(challenge), csrf: sha256(value) }
  const session: FlowSession =
    'session' in known
      ? { id: known.session.id, known: { subject: known.session.subject, authenticatedAt: known.session.authenticatedAt } }
      : { id: timedUuid(deps.randomness, now) }
  const times = { createdAt: now, expiresAt: now + deps.requestLifespan() }
  const flow: AuthorizationFlow = { id, clientId, generation, address, ...times, request, session, login }
  const isBegun = await deps.transaction((tx) => tx.flows.add(flow, mostUnaccepted))
  if (!isBegun) throw new FaultToPerson({ kind: 'client-unknown', clientId })
  const isRegistration = request.prompt.includes('registration')
  return { step: 'login', isRegistration, challenge, clientId, csrf: value }
}
