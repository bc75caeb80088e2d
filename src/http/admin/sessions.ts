import type { Actor } from '../../core/audit/audit.ts'
import type { Client } from '../../core/clients/client.ts'
import type { AskedConsents, Consents } from '../../core/consents/list-consents.ts'
import type { ConsentSelection } from '../../core/consents/withdraw-consent.ts'
import type { Grant, GrantPlace } from '../../core/grants/grant.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { refused } from '../errors/refusals.ts'
import { queryParameter } from '../server/parameters.ts'
import { empty, hydraNoStore, json } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { actorOf } from './actor.ts'
import type { PageTokens } from './page-token.ts'
import { pageLinks, pageSize } from './paging.ts'

/** `GET /admin/oauth2/auth/sessions/consent?subject=…`: what a person granted and has not withdrawn, the newest first. */
export function listConsentSessions(deps: { list: (asked: AskedConsents) => Promise<Consents>; pageTokens: PageTokens }): Handler {
  return async (request) => {
    const subject = queryParameter(request, 'subject')
    if (subject === undefined) throw refused({ kind: 'sessions-subject-missing' })
    const size = pageSize(queryParameter(request, 'page_size'))
    const [token, sessionId] = [queryParameter(request, 'page_token'), queryParameter(request, 'login_session_id')]
    const after = token === undefined ? undefined : placeOf(deps.pageTokens.read(token))
    const { consents, next } = await deps.list({
      subject,
      limit: size,
      ...(sessionId !== undefined && { sessionId }),
      ...(after && { after }),
    })
    const link = pageLinks(request, size, {
      first: deps.pageTokens.make(undefined),
      next: next && deps.pageTokens.make(`${next.grantedAt} ${next.id}`),
    })
    return json(
      200,
      consents.map(({ grant, client }) => consentSessionJson(grant, client)),
      { ...hydraNoStore, ...((consents.length > 0 || next) && { link }) },
    )
  }
}

function placeOf(after: string | undefined): GrantPlace | undefined {
  const [, grantedAt, id = ''] = /^(\d+) (\w+)$/.exec(after ?? '') ?? []
  return grantedAt === undefined ? undefined : { grantedAt: Number(grantedAt), id }
}

function consentSessionJson(grant: Grant, client: Client | undefined): Record<string, unknown> {
  const { consent, claims } = grant
  const has = (value: object) => Object.keys(value).length > 0
  return {
    consent_request_id: grant.id,
    grant_scope: grant.scope,
    grant_access_token_audience: grant.audience,
    session: {
      ...(has(claims.accessToken) && { access_token: claims.accessToken }),
      ...(has(claims.idToken) && { id_token: claims.idToken }),
    },
    remember: consent.remember,
    remember_for: consent.rememberFor,
    handled_at: new Date(grant.grantedAt).toISOString(),
    context: consent.context,
    consent_request: { challenge: '', ...consent.request, client: client ? hydraClientJson(client, 'read') : null },
  }
}

/** `DELETE /admin/oauth2/auth/sessions/consent`: one consent, a person's for a client, or all of a person. Their tokens end. */
export function revokeConsentSessions(deps: { withdraw: (which: ConsentSelection, actor: Actor) => Promise<unknown> }): Handler {
  return async (request) => {
    const [id, subject, clientId] = ['consent_request_id', 'subject', 'client'].map((name) => queryParameter(request, name))
    const isAll = queryParameter(request, 'all') === 'true'
    await deps.withdraw(selection(id, subject, clientId, isAll), actorOf(request))
    return empty(204)
  }
}

function selection(id: string | undefined, subject: string | undefined, clientId: string | undefined, isAll: boolean): ConsentSelection {
  if (id !== undefined && subject === undefined && clientId === undefined && !isAll) return { id }
  if (id === undefined && subject !== undefined && clientId !== undefined && !isAll) return { subject, clientId }
  if (id === undefined && subject !== undefined && clientId === undefined && isAll) return { subject }
  throw refused({ kind: 'consent-selection' })
}

/** `DELETE /admin/oauth2/auth/sessions/login`: one session by its `sid`, or all of a person. Tokens live on. */
export function revokeLoginSessions(deps: { end: (which: { sid: string } | { subject: string }, actor: Actor) => Promise<void> }): Handler {
  return async (request) => {
    const [sid, subject] = ['sid', 'subject'].map((name) => queryParameter(request, name))
    if (sid !== undefined) await deps.end({ sid }, actorOf(request))
    else if (subject !== undefined) await deps.end({ subject }, actorOf(request))
    else throw refused({ kind: 'session-selection' })
    return empty(204)
  }
}
