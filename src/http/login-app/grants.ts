import { isVerified } from '../../core/clients/standing.ts'
import type { GrantedClient } from '../../core/consents/list-granted-clients.ts'
import type { GrantPlace } from '../../core/grants/grant.ts'
import type { LoginSession } from '../../core/sessions/login-session.ts'
import { userOf } from '../../core/users/user.ts'
import { shownHost } from '../html/redirect-host.ts'
import { wordsOf } from '../html/words-of.ts'
import { formBody } from '../server/body.ts'
import { languagesOf } from '../server/languages.ts'
import { once, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { clientWords, speechOf } from './client-texts.ts'
import type { FallbackDeps } from './fallbacks.ts'
import { type GrantedShown, type GrantsNotice, grantsElsewherePage, grantsPage, nobodyPage } from './grants-page.ts'
import { checkPostedFromHere } from './same-origin.ts'

type Deps = Pick<FallbackDeps, 'grants' | 'builtIn' | 'users' | 'origin'>

/** `/oauth2/fallbacks/grants`: what a person allowed, and his withdrawal of it. It is there where the page is ours on which he allows. */
export function grantsHandlers(deps: Deps): { readonly grantsPage: Handler; readonly withdrawGrants: Handler } {
  return {
    grantsPage: (request) => forPerson(deps, request, (session) => list(deps, request, session)),
    async withdrawGrants(request) {
      checkPostedFromHere(request, deps.origin)
      return forPerson(deps, request, async (session) => list(deps, request, session, await withdraw(deps, request, session)))
    },
  }
}

async function forPerson(deps: Deps, request: Request, answer: (session: LoginSession) => Promise<Response>): Promise<Response> {
  if (!deps.builtIn().consent) return grantsElsewherePage(wordsOf(request))
  const session = await deps.grants.sessionAt(request)
  return session && isListed(deps, session) ? answer(session) : nobodyPage(wordsOf(request))
}

/** A session of somebody who is no longer listed opens nothing; where others than we sign people in, there is no list. */
const isListed = ({ builtIn, users }: Deps, { subject }: LoginSession): boolean =>
  !builtIn().login || userOf(users(), subject) !== undefined

/** Only ever from the person's own: whose they are the session says, and nothing in the form. */
async function withdraw({ grants }: Deps, request: Request, session: LoginSession): Promise<GrantsNotice> {
  const form = formBody(request)
  if (!grants.formSeal.fits(once(form, 'form_seal'), session)) return { kind: 'form-outdated' }
  const clientId = once(form, 'client_id')
  const client = clientId === undefined ? undefined : await grants.findClient(clientId)
  if (!client || !(await grants.withdraw({ subject: session.subject, clientId: client.clientId }, 'person')))
    return { kind: 'nothing-to-withdraw' }
  return { kind: 'withdrawn', clientName: clientWords(speechOf(client), languagesOf(request)).clientName }
}

async function list({ grants, users }: Deps, request: Request, session: LoginSession, notice?: GrantsNotice): Promise<Response> {
  const after = placeOf(queryParameter(request, 'after'))
  const { clients, next } = await grants.list(session.subject, after)
  const user = userOf(users(), session.subject)
  const languages = languagesOf(request)
  return grantsPage(wordsOf(request), {
    user: user?.name ?? user?.username ?? session.subject,
    clients: clients.map((client) => ({ ...shown(client, languages), since: after || next ? undefined : client.since })),
    formSeal: grants.formSeal.make(session),
    older: next && String(new URLSearchParams({ after: `${next.grantedAt}-${next.id}` })),
    notice,
  })
}

/** Nothing is in it that the person could not see: he may write it himself. What is none begins at the beginning. */
function placeOf(after = ''): GrantPlace | undefined {
  const [, grantedAt, id] = /^(\d{1,15})-(\w{1,64})$/.exec(after) ?? []
  return grantedAt === undefined || id === undefined ? undefined : { grantedAt: Number(grantedAt), id }
}

const shown = ({ client, redirectUris, scope }: GrantedClient, languages: readonly string[]): Omit<GrantedShown, 'since'> => ({
  clientId: client.clientId,
  clientName: clientWords(speechOf(client), languages).clientName,
  verified: isVerified(client),
  redirectHosts: [...new Set(redirectUris.map(shownHost))],
  scope,
})
