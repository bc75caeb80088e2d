import type { finishLogout } from '../../core/logout/answer-logout.ts'
import type { beginLogout } from '../../core/logout/begin-logout.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { answerLocation, asciiUri, pageLocation } from '../../protocol/response-mode.ts'
import { answerOnErrorPage } from '../errors/answer-browser.ts'
import { leavingPage } from '../html/leaving-page.ts'
import { shownHost } from '../html/redirect-host.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import type { Cookies } from '../server/cookies.ts'
import { htmlPage, type Operation, redirect, textParameter } from '../server/operation.ts'
import { once, queryOf } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, type Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

interface Deps {
  readonly beginLogout: ReturnType<typeof beginLogout>
  readonly finishLogout: ReturnType<typeof finishLogout>
  readonly addresses: Live<LogoutAddresses>
  readonly cookies: Cookies
  readonly telemetry: Telemetry
}

/** The pages that the browser is sent to. */
interface LogoutAddresses {
  /** Asks the person to confirm. */
  readonly logout: string
  readonly loggedOut: string
  /** Undefined: the built-in page. */
  readonly error: string | undefined
}

const operation: Operation = {
  id: 'revokeOidcSession',
  tag: 'oidc',
  summary: 'Start the logout of a person (RP-Initiated Logout §2).',
  query: {
    id_token_hint: textParameter('An ID token of the session.'),
    client_id: textParameter('The client of `post_logout_redirect_uri`, where there is no ID token.'),
    post_logout_redirect_uri: textParameter('Where the browser goes afterwards.'),
    state: textParameter('Returned with it.'),
  },
  responses: {
    200: htmlPage('A page that names the host of `post_logout_redirect_uri` and links to it.'),
    302: redirect('To the logout application, or back.'),
    400: htmlPage('The request is not valid.'),
    404: htmlPage('The verifier is unknown or has expired.'),
  },
}

/** `/oauth2/sessions/logout`, GET and POST (RP-Initiated Logout §2). The logout application sends the browser back here. */
export const logout = (deps: Deps): readonly Endpoint[] =>
  (['GET', 'POST'] as const).map((method) => ({
    method,
    path: '/oauth2/sessions/logout',
    face: 'page',
    operation,
    async handler(request) {
      try {
        return await step(request, deps)
      } catch (error) {
        return answerOnErrorPage(error, deps.telemetry, request.id, deps.addresses().error)
      }
    },
  }))

async function step(request: Request, deps: Deps): Promise<Response> {
  const query = new URLSearchParams(queryOf(request))
  const parameters = request.method === 'POST' ? formBody(request) : query
  const verifier = once(query, 'logout_verifier')
  return verifier === undefined ? begin(request, parameters, deps) : finish(request, verifier, deps)
}

async function begin(request: Request, parameters: URLSearchParams, { beginLogout, addresses, cookies }: Deps): Promise<Response> {
  const to = await beginLogout({
    url: request.url,
    idTokenHint: once(parameters, 'id_token_hint'),
    clientId: once(parameters, 'client_id'),
    postLogoutRedirectUri: once(parameters, 'post_logout_redirect_uri'),
    state: once(parameters, 'state'),
    sessionId: cookies.sessionOf(request),
  })
  const { logout: page, loggedOut } = addresses()
  if (to.kind === 'to-application') return goTo(pageLocation(page, [['logout_challenge', to.challenge]]))
  return leave(request, { ...to, isSignedOut: false }, loggedOut)
}

async function finish(request: Request, verifier: string, { finishLogout, addresses, cookies }: Deps): Promise<Response> {
  const { endsItsOwn, ...finished } = await finishLogout(verifier, cookies.sessionOf(request))
  const answer = leave(request, { ...finished, isSignedOut: endsItsOwn }, addresses().loggedOut)
  return endsItsOwn ? { ...answer, headers: { ...answer.headers, 'set-cookie': cookies.session('', 0) } } : answer
}

interface Leave {
  readonly redirectTo: string | undefined
  readonly needsClick: boolean
  readonly isSignedOut: boolean
}

function leave(request: Request, { redirectTo, needsClick, isSignedOut }: Leave, loggedOut: string): Response {
  if (redirectTo === undefined || !needsClick) return goTo(redirectTo ?? loggedOut)
  return leavingPage(wordsOf(request), { host: shownHost(redirectTo), address: asciiUri(redirectTo), isSignedOut })
}

const goTo = (location: string): Response => ({ status: 302, headers: { ...hydraNoStore, location: asciiUri(location) } })

/** Where the logout application sends the browser back to. */
export const logoutAddress = (publicUrl: string, verifier: string): string =>
  answerLocation('query', `${publicUrl}/oauth2/sessions/logout`, [['logout_verifier', verifier]])
