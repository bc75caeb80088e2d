import type { Client } from '../../core/clients/client.ts'
import { isVerified } from '../../core/clients/standing.ts'
import type { GrantedClient, listGrantedClients } from '../../core/consents/list-granted-clients.ts'
import type { withdrawConsent } from '../../core/consents/withdraw-consent.ts'
import type { GrantPlace } from '../../core/grants/grant.ts'
import type { LoginSession } from '../../core/sessions/login-session.ts'
import { type User, userOf } from '../../core/users/user.ts'
import type { Live } from '../../lib/live.ts'
import { shownHost } from '../html/redirect-host.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import type { Cookies } from '../server/cookies.ts'
import { languagesOf } from '../server/languages.ts'
import { htmlPage, textParameter } from '../server/operation.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { accountName } from './account-name.ts'
import { type BuiltInPages, shared } from './built-in-pages.ts'
import { clientTexts } from './client-texts.ts'
import type { FormTokens } from './form-token.ts'
import { type GrantedShown, type GrantsNotice, grantsElsewherePage, grantsPage, notSignedInPage } from './grants-page.ts'
import { checkSameOrigin } from './same-origin.ts'

interface ShowDeps {
  /** The session in force with an id. */
  readonly findSession: (id: string | undefined) => Promise<LoginSession | undefined>
  readonly listGrantedClients: ReturnType<typeof listGrantedClients>
  readonly cookies: Pick<Cookies, 'sessionOf'>
  readonly formTokens: FormTokens
  readonly builtIn: BuiltInPages
  readonly users: Live<readonly User[]>
}

interface RemoveDeps extends ShowDeps {
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly withdrawConsent: ReturnType<typeof withdrawConsent>
  readonly origin: string
}

const endpoint = { path: '/oauth2/fallbacks/grants', face: 'page' } as const
const notSignedIn = htmlPage('No one is signed in.')
const notInUse = htmlPage('The operator has another consent page.')

/** `GET /oauth2/fallbacks/grants`; in use wherever the built-in consent page is. */
export const showGrants = (deps: ShowDeps): Endpoint => ({
  method: 'GET',
  ...endpoint,
  operation: {
    ...shared,
    id: 'showFallbackGrants',
    summary: 'Show the apps with access to the account that is signed in at the browser.',
    query: { after: textParameter('Where older ones begin; the page has a link for it.') },
    responses: { 200: htmlPage('A page.'), 401: notSignedIn, 404: notInUse },
  },
  handler: (request) => forPerson(deps, request, (session) => list(deps, request, session)),
})

/** `POST /oauth2/fallbacks/grants` */
export const removeAccess = (deps: RemoveDeps): Endpoint => ({
  method: 'POST',
  ...endpoint,
  operation: {
    ...shared,
    id: 'postFallbackGrants',
    summary: 'Submit a form of that page: withdraw every consent for a client, and revoke its tokens.',
    responses: { 200: htmlPage('The page again, with the result.'), 401: notSignedIn, 404: notInUse },
    errors: [403],
  },
  async handler(request) {
    checkSameOrigin(request, deps.origin)
    return forPerson(deps, request, async (session) => list(deps, request, session, await withdraw(deps, request, session)))
  },
})

async function forPerson(deps: ShowDeps, request: Request, answer: (session: LoginSession) => Promise<Response>): Promise<Response> {
  if (!deps.builtIn().consent) return grantsElsewherePage(wordsOf(request))
  const session = await deps.findSession(deps.cookies.sessionOf(request))
  return session && isListed(deps, session) ? answer(session) : notSignedInPage(wordsOf(request))
}

/** A session of a user who is no longer listed is not accepted; another login application has its own users, who are not listed. */
const isListed = ({ builtIn, users }: ShowDeps, { subject }: LoginSession): boolean =>
  !builtIn().login || userOf(users(), subject) !== undefined

/** The session decides whose consents these are, never the form. */
async function withdraw({ formTokens, ...deps }: RemoveDeps, request: Request, session: LoginSession): Promise<GrantsNotice> {
  const form = formBody(request)
  if (!formTokens.isValid(once(form, 'form_token'), session)) return { kind: 'form-outdated' }
  const clientId = once(form, 'client_id')
  const client = clientId === undefined ? undefined : await deps.findClient(clientId)
  const { subject } = session
  if (!client || !(await deps.withdrawConsent({ subject, clientId: client.clientId }, 'person'))) return { kind: 'nothing-to-remove' }
  return { kind: 'removed', clientName: clientTexts(client, languagesOf(request)).clientName }
}

async function list(deps: ShowDeps, request: Request, session: LoginSession, notice?: GrantsNotice): Promise<Response> {
  const after = placeOf(queryParameter(request, 'after'))
  const { clients, next } = await deps.listGrantedClients(session.subject, after)
  const languages = languagesOf(request)
  return grantsPage(wordsOf(request), {
    user: accountName(deps.users(), session.subject),
    clients: clients.map((client) => ({ ...shown(client, languages), since: after || next ? undefined : client.since })),
    formToken: deps.formTokens.make(session),
    older: next && String(new URLSearchParams({ after: `${next.grantedAt}-${next.id}` })),
    notice,
  })
}

/** The value is not sealed: it only shows a person their own grants. An invalid one starts at the newest. */
function placeOf(after = ''): GrantPlace | undefined {
  const [, grantedAt, id] = /^(\d{1,15})-(\w{1,64})$/.exec(after) ?? []
  return grantedAt === undefined || id === undefined ? undefined : { grantedAt: Number(grantedAt), id }
}

const shown = ({ client, redirectUris, scope }: GrantedClient, languages: readonly string[]): Omit<GrantedShown, 'since'> => ({
  clientId: client.clientId,
  clientName: clientTexts(client, languages).clientName,
  verified: isVerified(client),
  redirectHosts: [...new Set(redirectUris.map(shownHost))],
  scope,
})
