import type { PasswordOutcome } from '../../core/users/check-password.ts'
import { userOf } from '../../core/users/user.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import type { Words } from '../html/words.ts'
import { goOn, wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { countedAddressOf } from '../server/client-address.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import type { FallbackDeps } from './fallbacks.ts'
import { checkPostedFromHere } from './same-origin.ts'
import type { LoginView } from './sign-in-desk.ts'
import { type SignInShown, signInPage } from './sign-in-page.ts'

type Deps = Pick<FallbackDeps, 'desk' | 'builtIn' | 'users' | 'checkPassword' | 'origin' | 'log'>

/** `/oauth2/fallbacks/login`: shows the page, and judges what was typed into it. */
export function signInHandlers(deps: Deps): { readonly signInPage: Handler; readonly signIn: Handler } {
  const { desk } = deps
  return {
    async signInPage(request) {
      if (!deps.builtIn().login) return notSetUpPage(wordsOf(request), 'login')
      const challenge = queryParameter(request, 'login_challenge')
      const view = challenge && (await desk.findLogin(challenge))
      if (!challenge || !view) return gonePage(wordsOf(request))
      if (view.skip) return goOn(await goOnAs(deps, challenge, view.subject))
      const username = view.loginHint ?? ''
      return signInPage(wordsOf(request, view.uiLocales), { challenge, redirectHost: view.redirectHost, username })
    },

    async signIn(request) {
      checkPostedFromHere(request, deps.origin)
      if (!deps.builtIn().login) return notSetUpPage(wordsOf(request), 'login')
      const form = formBody(request)
      const challenge = once(form, 'login_challenge')
      const view = challenge && (await desk.findLogin(challenge))
      if (!challenge || !view) return gonePage(wordsOf(request))
      if (form.get('action') === 'cancel') return goOn(await desk.rejectLogin(challenge))
      return judge(deps, request, { challenge, view, form })
    },
  }
}

/** A remembered session of somebody who is no longer listed opens nothing. */
function goOnAs({ desk, users }: Deps, challenge: string, subject: string): Promise<string> {
  const isListed = userOf(users(), subject) !== undefined
  return isListed ? desk.acceptLogin(challenge, { subject, remember: false, amr: [] }) : desk.rejectLogin(challenge)
}

interface Posted {
  readonly challenge: string
  readonly view: LoginView
  readonly form: URLSearchParams
}

async function judge(deps: Deps, request: Request, { challenge, view, form }: Posted): Promise<Response> {
  const username = once(form, 'username')?.trim() ?? ''
  const outcome = await deps.checkPassword({ username, password: once(form, 'password') ?? '', address: countedAddressOf(request) })
  if (outcome.kind === 'right') {
    const { subject } = outcome.user
    return goOn(await deps.desk.acceptLogin(challenge, { subject, remember: form.has('remember'), amr: ['pwd'] }))
  }
  const words = wordsOf(request, view.uiLocales)
  const problem = problemOf(words, outcome)
  // The name is not logged: people type their password there.
  deps.log('info', 'sign-in refused', { request_id: request.id, reason: outcome, status: problem.status })
  return signInPage(words, { challenge, redirectHost: view.redirectHost, username, problem })
}

function problemOf({ signIn }: Words, outcome: Exclude<PasswordOutcome, { kind: 'right' }>): NonNullable<SignInShown['problem']> {
  if (outcome.kind === 'wrong') return { status: 401, sentence: signIn.wrong }
  const seconds = String(outcome.seconds)
  return { status: 429, sentence: signIn.wait.replace('{seconds}', seconds), headers: { 'retry-after': seconds } }
}
