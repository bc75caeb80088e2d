import type { AskedConsent, acceptConsent, findConsent, rejectConsent } from '../../core/authorization/answer-consent.ts'
import type { ConsentDecision } from '../../core/authorization/authorization-flow.ts'
import { resumeUrl } from '../../core/authorization/resume-url.ts'
import { isVerified, standingOf } from '../../core/clients/standing.ts'
import { type User, userClaims, userOf } from '../../core/users/user.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { isLoopbackRedirect } from '../../protocol/redirect-uri.ts'
import { gonePage, notSetUpPage } from '../html/notice-page.ts'
import { isOnDevice } from '../html/place.ts'
import { redirectHost, shownHost } from '../html/redirect-host.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { languagesOf } from '../server/languages.ts'
import { htmlPage } from '../server/operation.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Endpoint } from '../server/route.ts'
import { accountName } from './account-name.ts'
import { type BuiltInPages, formResponses, shared } from './built-in-pages.ts'
import { clientTexts } from './client-texts.ts'
import { type ConsentShown, consentPage } from './consent-page.ts'
import { found } from './found.ts'
import { deniedByPerson, goTo } from './go-to.ts'
import { checkSameOrigin } from './same-origin.ts'
import { chosenScopes } from './scope-words.ts'

interface ShowDeps {
  readonly findConsent: ReturnType<typeof findConsent>
  readonly acceptConsent: ReturnType<typeof acceptConsent>
  readonly builtIn: BuiltInPages
  readonly users: Live<readonly User[]>
  readonly clock: Clock
}

interface AnswerDeps extends ShowDeps {
  readonly rejectConsent: ReturnType<typeof rejectConsent>
  readonly origin: string
}

const endpoint = { path: '/oauth2/fallbacks/consent', face: 'page' } as const

/** `GET /oauth2/fallbacks/consent` */
export const showConsent = (deps: ShowDeps): Endpoint => ({
  method: 'GET',
  ...endpoint,
  operation: {
    ...shared,
    id: 'showFallbackConsent',
    summary: 'Show the built-in consent page, for `consent_challenge`.',
    responses: { 200: htmlPage('A page.') },
    errors: [403, 404],
  },
  async handler(request) {
    if (!deps.builtIn().consent) return notSetUpPage(wordsOf(request), 'consent')
    const asked = await found(deps.findConsent, queryParameter(request, 'consent_challenge'))
    if (!asked) return gonePage(wordsOf(request))
    const { challenge, flow } = asked
    if (isSkipped(asked)) return goTo(resumeUrl(await deps.acceptConsent(challenge, decision(deps, asked, flow.request.scope, false))))
    return consentPage(wordsOf(request, flow.request.oidcContext.uiLocales), shown(deps, request, asked))
  },
})

/** `POST /oauth2/fallbacks/consent` */
export const answerConsent = (deps: AnswerDeps): Endpoint => ({
  method: 'POST',
  ...endpoint,
  operation: {
    ...shared,
    id: 'postFallbackConsent',
    summary: 'Submit the form of the consent page.',
    responses: formResponses,
    errors: [403, 404],
  },
  async handler(request) {
    checkSameOrigin(request, deps.origin)
    if (!deps.builtIn().consent) return notSetUpPage(wordsOf(request), 'consent')
    const form = formBody(request)
    const asked = await found(deps.findConsent, once(form, 'consent_challenge'))
    if (!asked) return gonePage(wordsOf(request))
    const { challenge, flow } = asked
    // Any other value than `allow` denies.
    if (once(form, 'action') !== 'allow') return goTo(resumeUrl(await deps.rejectConsent(challenge, deniedByPerson)))
    const scope = chosenScopes(flow.request.scope, form.getAll('scope'))
    const remember = mayRemember(asked) && form.has('remember')
    return goTo(resumeUrl(await deps.acceptConsent(challenge, decision(deps, asked, scope, remember))))
  },
})

/** The person consented before, or the operator set `skip_consent`. */
const isSkipped = ({ skip, client }: AskedConsent): boolean => skip || client.settings.skipConsent === true

function decision(
  { users }: ShowDeps,
  { flow, login }: AskedConsent,
  grantScope: readonly string[],
  remember: boolean,
): Omit<ConsentDecision, 'kind' | 'at'> {
  const user = userOf(users(), login.subject)
  return {
    grantScope,
    grantAudience: flow.request.audience,
    remember,
    idTokenClaims: user ? userClaims(user, grantScope) : {},
    rememberFor: 0,
    accessTokenClaims: {},
    context: null,
  }
}

/** Any program on the device can pose as an app there (RFC 8252 §8.6). */
const mayRemember = ({ client, flow: { request } }: AskedConsent): boolean =>
  standingOf(client).consentOnDevice === 'remembered' ||
  !(isLoopbackRedirect(request.redirectUri) || isOnDevice(redirectHost(request.redirectUri)))

/** How long a client counts as new. Milliseconds. */
const newFor = 7 * 24 * 3_600_000

function shown({ users, clock }: ShowDeps, request: Request, asked: AskedConsent): ConsentShown {
  const { challenge, client, flow, login } = asked
  return {
    ...clientTexts(client, languagesOf(request, flow.request.oidcContext.uiLocales)),
    challenge,
    verified: isVerified(client),
    redirectHost: shownHost(flow.request.redirectUri),
    requestedScope: flow.request.scope,
    requestedAudience: flow.request.audience,
    user: accountName(users(), login.subject),
    firstSeen: client.createdAt,
    isNew: clock() - client.createdAt < newFor,
    mayRemember: mayRemember(asked),
  }
}
