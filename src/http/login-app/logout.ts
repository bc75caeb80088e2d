import { userOf } from '../../core/users/user.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import { goOn, wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { languagesOf } from '../server/languages.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Handler } from '../server/route.ts'
import { clientWords } from './client-texts.ts'
import type { FallbackDeps } from './fallbacks.ts'
import { signOutPage } from './logout-page.ts'
import { checkPostedFromHere } from './same-origin.ts'
import { stillSignedInPage } from './signed-out-page.ts'

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
