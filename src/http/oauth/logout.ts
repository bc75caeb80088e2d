import type { FinishedLogout } from '../../core/logout/answer-logout.ts'
import type { LogoutParameters, LogoutStep } from '../../core/logout/begin-logout.ts'
import type { Live } from '../../lib/live.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { answerLocation, asciiUri, pageLocation } from '../../protocol/response-mode.ts'
import { answerOnErrorPage } from '../errors/answer-browser.ts'
import { leavingPage } from '../html/leaving-page.ts'
import { shownHost } from '../html/redirect-host.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import type { Cookies } from '../server/cookies.ts'
import { once, queryOf } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { hydraNoStore, type Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'

export interface LogoutDeps {
  readonly begin: (parameters: LogoutParameters) => Promise<LogoutStep>
  readonly finish: (verifier: string, heldSessionId: string | undefined) => Promise<FinishedLogout>
  /** The page that has a person confirm it, the one that he sees afterwards, and the one for what is refused. */
  readonly addresses: Live<LogoutAddresses>
  readonly cookies: Cookies
  readonly telemetry: Telemetry
}

export interface LogoutAddresses {
  readonly logout: string
  readonly loggedOut: string
  /** Undefined for a page of ours. */
  readonly error: string | undefined
}

/** `/oauth2/sessions/logout`, GET and POST (RP-Initiated Logout §2), and the way back from the logout application. */
export function logout(deps: LogoutDeps): Handler {
  return async (request) => {
    try {
      return await step(request, deps)
    } catch (error) {
      return answerOnErrorPage(error, deps.telemetry, request.id, deps.addresses().error)
    }
  }
}

async function step(request: Request, deps: LogoutDeps): Promise<Response> {
  const query = new URLSearchParams(queryOf(request))
  const parameters = request.method === 'POST' ? formBody(request) : query
  const verifier = once(query, 'logout_verifier')
  return verifier === undefined ? begin(request, parameters, deps) : finish(request, verifier, deps)
}

async function begin(request: Request, parameters: URLSearchParams, { begin, addresses, cookies }: LogoutDeps): Promise<Response> {
  const to = await begin({
    url: request.url,
    idTokenHint: once(parameters, 'id_token_hint'),
    clientId: once(parameters, 'client_id'),
    postLogoutRedirectUri: once(parameters, 'post_logout_redirect_uri'),
    state: once(parameters, 'state'),
    sessionId: cookies.sessionOf(request),
  })
  const { logout: page, loggedOut } = addresses()
  if (to.kind === 'to-application') return redirect(pageLocation(page, [['logout_challenge', to.challenge]]))
  return leave(request, { ...to, isSignedOut: false }, loggedOut)
}

async function finish(request: Request, verifier: string, { finish, addresses, cookies }: LogoutDeps): Promise<Response> {
  const { endsItsOwn, ...finished } = await finish(verifier, cookies.sessionOf(request))
  const answer = leave(request, { ...finished, isSignedOut: endsItsOwn }, addresses().loggedOut)
  return endsItsOwn ? { ...answer, headers: { ...answer.headers, 'set-cookie': cookies.session('', 0) } } : answer
}

interface Leave {
  readonly redirectTo: string | undefined
  readonly needsClick: boolean
  readonly isSignedOut: boolean
}

function leave(request: Request, { redirectTo, needsClick, isSignedOut }: Leave, loggedOut: string): Response {
  if (redirectTo === undefined || !needsClick) return redirect(redirectTo ?? loggedOut)
  return leavingPage(wordsOf(request), { host: shownHost(redirectTo), address: asciiUri(redirectTo), isSignedOut })
}

const redirect = (location: string): Response => ({ status: 302, headers: { ...hydraNoStore, location: asciiUri(location) } })

/** Where a browser comes back to with what the logout application was given. */
export const logoutAddress = (publicUrl: string, verifier: string): string =>
  answerLocation('query', `${publicUrl}/oauth2/sessions/logout`, [['logout_verifier', verifier]])
