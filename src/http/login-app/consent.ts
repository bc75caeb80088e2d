import { userClaims, userOf } from '../../core/users/user.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import { isOnDevice } from '../html/place.ts'
import { goOn, wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { languagesOf } from '../server/languages.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Handler } from '../server/route.ts'
import { clientWords } from './client-texts.ts'
import { type ConsentShown, consentPage } from './consent-page.ts'
import type { FallbackDeps } from './fallbacks.ts'
import { checkPostedFromHere } from './same-origin.ts'
import { chosenScopes } from './scope-words.ts'
import type { AcceptedConsent, ConsentView } from './sign-in-desk.ts'

type Deps = Pick<FallbackDeps, 'desk' | 'builtIn' | 'users' | 'origin' | 'clock'>

/** How long a client counts as new. Milliseconds. */
const newFor = 7 * 24 * 3_600_000

/** `/oauth2/fallbacks/consent`: asks, and takes the answer. */
export function consentHandlers(deps: Deps): { readonly consentPage: Handler; readonly consent: Handler } {
  const { desk } = deps
  return {
    async consentPage(request) {
      if (!deps.builtIn().consent) return notSetUpPage(wordsOf(request), 'consent')
      const challenge = queryParameter(request, 'consent_challenge')
      const view = challenge && (await desk.findConsent(challenge))
      if (!challenge || !view) return gonePage(wordsOf(request))
      if (view.skip) return goOn(await desk.acceptConsent(challenge, granted(deps, view, view.requestedScope, false)))
      const words = clientWords(view, languagesOf(request, view.uiLocales))
      return consentPage(wordsOf(request, view.uiLocales), { ...shown(deps, challenge, view), ...words })
    },

    async consent(request) {
      checkPostedFromHere(request, deps.origin)
      if (!deps.builtIn().consent) return notSetUpPage(wordsOf(request), 'consent')
      const form = formBody(request)
      const challenge = once(form, 'consent_challenge')
      const view = challenge && (await desk.findConsent(challenge))
      if (!challenge || !view) return gonePage(wordsOf(request))
      // Whatever is not plainly a yes is a no.
      if (once(form, 'action') !== 'allow') return goOn(await desk.rejectConsent(challenge))
      const scope = chosenScopes(view.requestedScope, form.getAll('scope'))
      return goOn(await desk.acceptConsent(challenge, granted(deps, view, scope, mayRemember(view) && form.has('remember'))))
    },
  }
}

function granted({ users }: Deps, view: ConsentView, grantScope: readonly string[], remember: boolean): AcceptedConsent {
  const user = userOf(users(), view.subject)
  return { grantScope, grantAudience: view.requestedAudience, remember, idTokenClaims: user ? userClaims(user, grantScope) : {} }
}

/** Any program on the device can pose as an app there (RFC 8252 §8.6). */
const mayRemember = ({ consentOnDevice, isLoopback, redirectHost }: ConsentView): boolean =>
  consentOnDevice === 'remembered' || !(isLoopback || isOnDevice(redirectHost))

function shown({ users, clock }: Deps, challenge: string, view: ConsentView): ConsentShown {
  const user = userOf(users(), view.subject)
  return {
    ...view,
    challenge,
    redirectHost: view.isLoopback ? 'localhost' : view.redirectHost,
    user: user?.name ?? user?.username ?? view.subject,
    isNew: clock() - view.firstSeen < newFor,
    mayRemember: mayRemember(view),
  }
}
