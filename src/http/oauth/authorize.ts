import { RefusedToClient } from '../../core/authorization/authorization-request.ts'
import type { Browser, ToApplication } from '../../core/authorization/begin-authorization.ts'
import { FaultToPerson } from '../../core/authorization/find-response-target.ts'
import type { ToClient } from '../../core/authorization/resume-consent.ts'
import type { SessionCookie } from '../../core/authorization/resume-login.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { pageLocation } from '../../protocol/response-mode.ts'
import { joinScope } from '../../protocol/scope.ts'
import { answerAuthorizationFault, answerOnErrorPage } from '../errors/answer-browser.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { countedAddressOf } from '../server/client-address.ts'
import type { Cookies } from '../server/cookies.ts'
import { queryOf } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, type Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { type RedirectSettings, refuseToClient, toClient } from './to-client.ts'

/** Where browsers are sent on the way. */
export interface LoginAddresses {
  readonly login: string
  readonly registration: string
  readonly consent: string
  /** Undefined for a page of ours. */
  readonly error: string | undefined
}

export interface AuthorizeDeps {
  readonly begin: (browser: Browser) => Promise<ToApplication>
  readonly resumeLogin: (verifier: string, browser: Browser) => Promise<ToApplication & { readonly session?: SessionCookie }>
  readonly resumeConsent: (verifier: string, browser: Browser) => Promise<ToClient>
  readonly addresses: Live<LoginAddresses>
  readonly cookies: Cookies
  /** Milliseconds that a person has for login and consent. */
  readonly patience: Live<number>
  /** Of the public listener, without a slash at its end. */
  readonly publicUrl: string
  readonly redirects: Live<RedirectSettings>
  readonly telemetry: Telemetry
}

/**
 * `/oauth2/auth`, GET and POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): where a client sends a browser, and where the login and
 * consent applications send it back to.
 */
export function authorize(deps: AuthorizeDeps): Handler {
  return async (request) => {
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
}

async function step(browser: Browser, deps: AuthorizeDeps): Promise<Response> {
  const [loginVerifier, consentVerifier] = ['login_verifier', 'consent_verifier'].map((name) => browser.parameters.get(name))
  if (consentVerifier) {
    const { target, code, scope } = await deps.resumeConsent(consentVerifier, browser)
    return toClient(target, { code, scope: joinScope(scope) }, deps.redirects())
  }
  return toApplication(loginVerifier ? await deps.resumeLogin(loginVerifier, browser) : await deps.begin(browser), deps)
}

function browserOf(request: Request, { cookies, publicUrl }: AuthorizeDeps): Browser {
  const query = queryOf(request)
  const parameters = request.method === 'POST' ? formBody(request) : new URLSearchParams(query)
  return {
    url: `${publicUrl}/oauth2/auth?${request.method === 'POST' ? parameters : query}`,
    parameters,
    address: countedAddressOf(request),
    // Opened where it is asked for: on the way back from an application nobody does.
    get sessionId() {
      return cookies.sessionOf(request)
    },
    csrf: (step, clientId) => cookies.csrfOf(request, step, clientId),
    reusableCsrf: (step, clientId) => cookies.reusableCsrfOf(request, step, clientId),
  }
}

function toApplication(
  to: ToApplication & { readonly session?: SessionCookie },
  { addresses, cookies, patience }: AuthorizeDeps,
): Response {
  const { login, registration, consent } = addresses()
  const page = to.step === 'consent' ? consent : to.isRegistration ? registration : login
  const csrf = cookies.csrf(to.step, to.clientId, to.csrf, Math.ceil(patience() / 1000))
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
