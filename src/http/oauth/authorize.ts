import { RefusedToClient } from '../../core/authorization/authorization-request.ts'
import type { Browser, beginAuthorization, ToApplication } from '../../core/authorization/begin-authorization.ts'
import { FaultToPerson } from '../../core/authorization/find-response-target.ts'
import type { resumeConsent } from '../../core/authorization/resume-consent.ts'
import type { resumeLogin, SessionCookie } from '../../core/authorization/resume-login.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { pageLocation } from '../../protocol/response-mode.ts'
import { joinScope } from '../../protocol/scope.ts'
import { answerAuthorizationFault, answerOnErrorPage } from '../errors/answer-browser.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { countedAddressOf } from '../server/client-address.ts'
import type { Cookies } from '../server/cookies.ts'
import { htmlPage, type Operation, redirect, textParameter } from '../server/operation.ts'
import { queryOf } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, type Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { type RedirectSettings, refuseToClient, toClient } from './to-client.ts'

/** The pages that the browser is sent to. */
interface LoginAddresses {
  readonly login: string
  readonly registration: string
  readonly consent: string
  /** Undefined: the built-in page. */
  readonly error: string | undefined
}

interface Deps {
  readonly beginAuthorization: ReturnType<typeof beginAuthorization>
  readonly resumeLogin: ReturnType<typeof resumeLogin>
  readonly resumeConsent: ReturnType<typeof resumeConsent>
  readonly addresses: Live<LoginAddresses>
  readonly cookies: Cookies
  /** How long login and consent may take. Milliseconds. */
  readonly requestLifespan: Live<number>
  /** Of the public listener, without a trailing slash. */
  readonly publicUrl: string
  readonly redirects: Live<RedirectSettings>
  readonly telemetry: Telemetry
}

const operation: Operation = {
  id: 'oAuth2Authorize',
  tag: 'oAuth2',
  summary: 'Start the login of a person, for a client (RFC 6749 §3.1).',
  query: {
    client_id: textParameter('The client.'),
    redirect_uri: textParameter('Where the response is sent.'),
    response_type: textParameter('`code`.'),
    scope: textParameter('The requested scopes; absent: those that the client registered.'),
    state: textParameter('Returned with the response.'),
    code_challenge: textParameter('SHA-256 of the code verifier (RFC 7636).'),
    code_challenge_method: textParameter('`S256`.'),
  },
  responses: {
    200: htmlPage('The response to the client as a form that submits itself.'),
    302: redirect('To the login or consent application, or to the error page of the operator.'),
    303: redirect('Back to the client.'),
    400: htmlPage('Client or redirect URI are not valid.'),
  },
}

/**
 * `/oauth2/auth`, GET and POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1). A client sends the browser here, and the login and consent
 * applications send it back here.
 */
export const authorize = (deps: Deps): readonly Endpoint[] =>
  (['GET', 'POST'] as const).map((method) => ({
    method,
    path: '/oauth2/auth',
    face: 'page',
    operation,
    handler: (request) => answer(request, deps),
  }))

async function answer(request: Request, deps: Deps): Promise<Response> {
  const browser = browserOf(request, deps)
  try {
    return await step(browser, deps)
  } catch (error) {
    if (error instanceof FaultToPerson) {
      const words = wordsOf(request, (browser.parameters.get('ui_locales') ?? '').split(' '))
      return answerAuthorizationFault(error.fault, deps.telemetry, request.id, { errorUrl: deps.addresses().error, words })
    }
    if (error instanceof RefusedToClient) return refuseToClient(error, deps.telemetry, request.id, deps.redirects())
    return answerOnErrorPage(error, deps.telemetry, request.id, deps.addresses().error)
  }
}

async function step(browser: Browser, deps: Deps): Promise<Response> {
  const [loginVerifier, consentVerifier] = ['login_verifier', 'consent_verifier'].map((name) => browser.parameters.get(name))
  if (consentVerifier) {
    const { target, code, scope } = await deps.resumeConsent(consentVerifier, browser)
    return toClient(target, { code, scope: joinScope(scope) }, deps.redirects())
  }
  return toApplication(loginVerifier ? await deps.resumeLogin(loginVerifier, browser) : await deps.beginAuthorization(browser), deps)
}

function browserOf(request: Request, { cookies, publicUrl }: Deps): Browser {
  const query = queryOf(request)
  const parameters = request.method === 'POST' ? formBody(request) : new URLSearchParams(query)
  return {
    url: `${publicUrl}/oauth2/auth?${request.method === 'POST' ? parameters : query}`,
    parameters,
    address: countedAddressOf(request),
    // Unsealed only when it is read, which a resumed request does not do.
    get sessionId() {
      return cookies.sessionOf(request)
    },
    csrf: (step, clientId) => cookies.csrfOf(request, step, clientId),
    reusableCsrf: (step, clientId) => cookies.reusableCsrfOf(request, step, clientId),
  }
}

function toApplication(to: ToApplication & { readonly session?: SessionCookie }, { addresses, cookies, requestLifespan }: Deps): Response {
  const { login, registration, consent } = addresses()
  const page = to.step === 'consent' ? consent : to.isRegistration ? registration : login
  const csrf = cookies.csrf(to.step, to.clientId, to.csrf, Math.ceil(requestLifespan() / 1000))
  const session = to.session && cookies.session(to.session.id, to.session.maxAge)
  return {
    status: 302,
    headers: {
      ...hydraNoStore,
      location: pageLocation(page, [[`${to.step}_challenge`, to.challenge]]),
      'set-cookie': session === undefined ? csrf : [session, csrf],
    },
  }
}
