import type { findLogout } from '../../core/logout/answer-logout.ts'
import type { User } from '../../core/users/user.ts'
import type { Live } from '../../lib/live.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { languagesOf } from '../server/languages.ts'
import { htmlPage } from '../server/operation.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Endpoint } from '../server/route.ts'
import { accountName } from './account-name.ts'
import { type BuiltInPages, formResponses, shared } from './built-in-pages.ts'
import { clientTexts } from './client-texts.ts'
import { found } from './found.ts'
import { goTo } from './go-to.ts'
import { logoutPage } from './logout-page.ts'
import { checkSameOrigin } from './same-origin.ts'
import { signedOutPage, stillSignedInPage } from './signed-out-page.ts'

interface ShowDeps {
  readonly findLogout: ReturnType<typeof findLogout>
  readonly builtIn: BuiltInPages
  readonly users: Live<readonly User[]>
}

const endpoint = { path: '/oauth2/fallbacks/logout', face: 'page' } as const

/** `GET /oauth2/fallbacks/logout` */
export const showLogout = ({ findLogout, builtIn, users }: ShowDeps): Endpoint => ({
  method: 'GET',
  ...endpoint,
  operation: {
    ...shared,
    id: 'showFallbackLogout',
    summary: 'Show the built-in page that asks to confirm a logout, for `logout_challenge`.',
    responses: { 200: htmlPage('A page.') },
    errors: [403, 404],
  },
  async handler(request) {
    if (!builtIn().logout) return notSetUpPage(wordsOf(request), 'logout')
    const asked = await found(findLogout, queryParameter(request, 'logout_challenge'))
    if (!asked) return gonePage(wordsOf(request))
    const { challenge, client } = asked
    const clientName = client && clientTexts(client, languagesOf(request)).clientName
    return logoutPage(wordsOf(request), { challenge, clientName, user: accountName(users(), asked.request.asked.subject) })
  },
})

interface AnswerDeps extends Pick<ShowDeps, 'findLogout' | 'builtIn'> {
  /** Returns the URL that the browser goes to. */
  readonly acceptLogout: (challenge: string) => Promise<string>
  readonly origin: string
}

/** `POST /oauth2/fallbacks/logout` */
export const answerLogout = ({ findLogout, acceptLogout, builtIn, origin }: AnswerDeps): Endpoint => ({
  method: 'POST',
  ...endpoint,
  operation: {
    ...shared,
    id: 'postFallbackLogout',
    summary: 'Submit the form of the logout page.',
    responses: formResponses,
    errors: [403, 404],
  },
  async handler(request) {
    checkSameOrigin(request, origin)
    const words = wordsOf(request)
    if (!builtIn().logout) return notSetUpPage(words, 'logout')
    const form = formBody(request)
    const asked = await found(findLogout, once(form, 'logout_challenge'))
    if (!asked) return gonePage(words)
    // Otherwise the session goes on, and the request can still be accepted.
    return once(form, 'action') === 'sign-out' ? goTo(await acceptLogout(asked.challenge)) : stillSignedInPage(words)
  },
})

/** `GET /oauth2/fallbacks/logout/callback` */
export const showSignedOut = (): Endpoint => ({
  method: 'GET',
  path: '/oauth2/fallbacks/logout/callback',
  face: 'page',
  operation: {
    ...shared,
    id: 'showFallbackLogoutCallback',
    summary: 'Show the built-in page after a logout.',
    responses: { 200: htmlPage('A page.') },
    isStatic: true,
  },
  handler: (request) => signedOutPage(wordsOf(request)),
})
