import { userOf } from '../../core/users/user.ts'
import { formBody } from '../body.ts'
import { languagesOf } from '../languages.ts'
import { gonePage, notSetUpPage } from '../pages/notice-page.ts'
import { signOutPage } from '../pages/sign-out-page.ts'
import { stillSignedInPage } from '../pages/signed-out-page.ts'
import { type Handler, queryParameter } from '../route.ts'
import { clientWords } from './client-words.ts'
import { goOn, wordsOf } from './fallback-answers.ts'
import type { FallbackDeps } from './fallbacks.ts'
import { once } from './parameters.ts'
import { checkPostedFromHere } from './posted-from-here.ts'

type Deps = Pick<FallbackDeps, 'desk' | 'builtIn' | 'users' | 'origin'>

/** `/oauth2/fallbacks/logout`: asks whether to sign out, and takes the answer. */
export function signOutHandlers({ desk, builtIn, users, origin }: Deps): { readonly signOutPage: Handler; readonly signOut: Handler } {
  return {
    async signOutPage(request) {
      if (!builtIn().logout) return notSetUpPage(wordsOf(request), 'logout')
      const challenge = queryParameter(request, 'logout_challenge')
      const view = challenge && (await desk.findLogout(challenge))
      if (!challenge || !view) return gonePage(wordsOf(request))
      const clientName = view.client && clientWords(view.client, languagesOf(request)).clientName
      const user = userOf(users(), view.subject)
      return signOutPage(wordsOf(request), { challenge, clientName, user: user?.name ?? user?.username ?? view.subject })
    },

    async signOut(request) {
      checkPostedFromHere(request, origin)
      const words = wordsOf(request)
      if (!builtIn().logout) return notSetUpPage(words, 'logout')
      const form = formBody(request)
      const challenge = once(form, 'logout_challenge')
      if (!challenge || !(await desk.findLogout(challenge))) return gonePage(words)
      if (once(form, 'action') === 'sign-out') return goOn(await desk.acceptLogout(challenge))
      await desk.rejectLogout(challenge)
      return stillSignedInPage(words)
    },
  }
}
