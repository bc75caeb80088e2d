import type { AskedLogin, acceptLogin, findLogin, rejectLogin } from '../../core/authorization/answer-login.ts'
import type { LoginDecision } from '../../core/authorization/authorization-flow.ts'
import { resumeUrl } from '../../core/authorization/resume-url.ts'
import type { checkPassword, PasswordOutcome } from '../../core/users/check-password.ts'
import { type User, userOf } from '../../core/users/user.ts'
import type { Live } from '../../lib/live.ts'
import type { Log } from '../../lib/telemetry.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import { redirectHost } from '../html/redirect-host.ts'
import type { Words } from '../html/words.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { countedAddressOf } from '../server/client-address.ts'
import { htmlPage } from '../server/operation.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { type BuiltInPages, formResponses, shared } from './built-in-pages.ts'
import { found } from './found.ts'
import { deniedByPerson, goTo } from './go-to.ts'
import { checkSameOrigin } from './same-origin.ts'
import { type SignInShown, signInPage } from './sign-in-page.ts'

interface ShowDeps {
  readonly findLogin: ReturnType<typeof findLogin>
  readonly acceptLogin: ReturnType<typeof acceptLogin>
  readonly rejectLogin: ReturnType<typeof rejectLogin>
  readonly builtIn: BuiltInPages
  readonly users: Live<readonly User[]>
}

interface SignInDeps extends ShowDeps {
  readonly checkPassword: ReturnType<typeof checkPassword>
  readonly origin: string
  readonly log: Log
}

const endpoint = { path: '/oauth2/fallbacks/login', face: 'page' } as const

/** `GET /oauth2/fallbacks/login` */
export const showSignIn = (deps: ShowDeps): Endpoint => ({
  method: 'GET',
  ...endpoint,
  operation: {
    ...shared,
    id: 'showFallbackLogin',
    summary: 'Show the built-in sign-in page, for `login_challenge`.',
    responses: { 200: htmlPage('A page.') },
    errors: [403, 404],
  },
  async handler(request) {
    if (!deps.builtIn().login) return notSetUpPage(wordsOf(request), 'login')
    const asked = await found(deps.findLogin, queryParameter(request, 'login_challenge'))
    if (!asked) return gonePage(wordsOf(request))
    const { challenge, flow } = asked
    if (flow.session.known) return goTo(await continueAs(deps, challenge, flow.session.known.subject))
    return signInPage(wordsOf(request, uiLocalesOf(asked)), {
      challenge,
      redirectHost: redirectHost(flow.request.redirectUri),
      username: flow.request.oidcContext.loginHint ?? '',
    })
  },
})

/** `POST /oauth2/fallbacks/login` */
export const signIn = (deps: SignInDeps): Endpoint => ({
  method: 'POST',
  ...endpoint,
  operation: {
    ...shared,
    id: 'postFallbackLogin',
    summary: 'Submit the form of the sign-in page.',
    responses: formResponses,
    errors: [403, 404],
  },
  async handler(request) {
    checkSameOrigin(request, deps.origin)
    if (!deps.builtIn().login) return notSetUpPage(wordsOf(request), 'login')
    const form = formBody(request)
    const asked = await found(deps.findLogin, once(form, 'login_challenge'))
    if (!asked) return gonePage(wordsOf(request))
    if (form.get('action') === 'cancel') return goTo(resumeUrl(await deps.rejectLogin(asked.challenge, deniedByPerson)))
    return authenticate(deps, request, asked, form)
  },
})

/** A remembered session of a user who is no longer listed is not accepted. */
async function continueAs({ acceptLogin, rejectLogin, users }: ShowDeps, challenge: string, subject: string): Promise<string> {
  const isListed = userOf(users(), subject) !== undefined
  const accepted = () => acceptLogin(challenge, decision({ subject, remember: false, amr: [] }))
  return resumeUrl(await (isListed ? accepted() : rejectLogin(challenge, deniedByPerson)))
}

async function authenticate(deps: SignInDeps, request: Request, asked: AskedLogin, form: URLSearchParams): Promise<Response> {
  const { challenge, flow } = asked
  const username = once(form, 'username')?.trim() ?? ''
  const outcome = await deps.checkPassword({ username, password: once(form, 'password') ?? '', address: countedAddressOf(request) })
  if (outcome.kind === 'right') {
    const accepted = decision({ subject: outcome.user.subject, remember: form.has('remember'), amr: ['pwd'] })
    return goTo(resumeUrl(await deps.acceptLogin(challenge, accepted)))
  }
  const words = wordsOf(request, uiLocalesOf(asked))
  const problem = problemOf(words, outcome)
  // The user name is not logged: people type their password there by mistake.
  deps.log('info', 'sign-in refused', { request_id: request.id, reason: outcome, status: problem.status })
  return signInPage(words, { challenge, redirectHost: redirectHost(flow.request.redirectUri), username, problem })
}

const decision = (accepted: Pick<LoginDecision, 'subject' | 'remember' | 'amr'>): Omit<LoginDecision, 'kind' | 'at'> => ({
  ...accepted,
  rememberFor: 0,
  extendSessionLifespan: false,
  acr: '',
  context: null,
  forceSubjectIdentifier: '',
})

const uiLocalesOf = ({ flow }: AskedLogin): readonly string[] => flow.request.oidcContext.uiLocales ?? []

function problemOf({ signIn }: Words, outcome: Exclude<PasswordOutcome, { kind: 'right' }>): NonNullable<SignInShown['problem']> {
  if (outcome.kind === 'wrong') return { status: 401, sentence: signIn.wrong }
  const seconds = String(outcome.seconds)
  return { status: 429, sentence: signIn.wait.replace('{seconds}', seconds), headers: { 'retry-after': seconds } }
}
