import type { Client } from '../../core/clients/client.ts'
import type { listConsents } from '../../core/consents/list-consents.ts'
import type { ConsentSelection, withdrawConsent } from '../../core/consents/withdraw-consent.ts'
import type { Grant, GrantPlace } from '../../core/grants/grant.ts'
import type { endSessions } from '../../core/logout/end-sessions.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { refused } from '../errors/refusals.ts'
import { requiredText, textParameter } from '../server/operation.ts'
import { queryParameter } from '../server/parameters.ts'
import { empty, hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { actorOf } from './actor.ts'
import type { PageTokens } from './page-token.ts'
import { pageLinks, pageSize } from './paging.ts'

const consentSessions = { path: '/admin/oauth2/auth/sessions/consent', face: 'admin' } as const

interface ListDeps {
  readonly listConsents: ReturnType<typeof listConsents>
  readonly pageTokens: PageTokens
}

/** `GET /admin/oauth2/auth/sessions/consent?subject=…`: the consents of a person that are not withdrawn, newest first. */
export const listConsentSessions = ({ listConsents, pageTokens }: ListDeps): Endpoint => ({
  method: 'GET',
  ...consentSessions,
  operation: {
    id: 'listOAuth2ConsentSessions',
    tag: 'oAuth2',
    summary: 'List the consents of a person, newest first. A page can be short, or empty, where `Link` has a next one.',
    query: {
      subject: requiredText('The person.'),
      login_session_id: textParameter('Only consents of this session.'),
      page_size: { schema: { type: 'integer' }, description: 'The maximum number of consents; 100 by default, at most 500.' },
      page_token: textParameter('From `Link` of the page before.'),
    },
    responses: { 200: { description: 'A page.', schema: 'OAuth2ConsentSessions' } },
  },
  async handler(request) {
    const subject = queryParameter(request, 'subject')
    if (subject === undefined) throw refused({ kind: 'sessions-subject-missing' })
    const size = pageSize(queryParameter(request, 'page_size'))
    const [token, sessionId] = [queryParameter(request, 'page_token'), queryParameter(request, 'login_session_id')]
    const after = token === undefined ? undefined : placeOf(pageTokens.read(token))
    const { consents, next } = await listConsents({
      subject,
      limit: size,
      ...(sessionId !== undefined && { sessionId }),
      ...(after && { after }),
    })
    const link = pageLinks(request, size, {
      first: pageTokens.make(undefined),
      next: next && pageTokens.make(`${next.grantedAt} ${next.id}`),
    })
    return json(
      200,
      consents.map(({ grant, client }) => consentSessionJson(grant, client)),
      { ...hydraNoStore, ...((consents.length > 0 || next) && { link }) },
    )
  },
})

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

/** `DELETE /admin/oauth2/auth/sessions/consent`: one consent, those of a person for one client, or all of a person. */
export const revokeConsentSessions = (deps: { readonly withdrawConsent: ReturnType<typeof withdrawConsent> }): Endpoint => ({
  method: 'DELETE',
  ...consentSessions,
  operation: {
    id: 'revokeOAuth2ConsentSessions',
    tag: 'oAuth2',
    summary: 'Withdraw consents and revoke their tokens.',
    query: {
      consent_request_id: textParameter('Only this consent.'),
      subject: textParameter('The consents of this person; with `client` or `all`.'),
      client: textParameter('Only those for this client.'),
      all: { schema: { type: 'boolean' }, description: 'Those for every client.' },
    },
    responses: { 204: { description: 'Withdrawn.' } },
  },
  async handler(request) {
    const [id, subject, clientId] = ['consent_request_id', 'subject', 'client'].map((name) => queryParameter(request, name))
    const isAll = queryParameter(request, 'all') === 'true'
    await deps.withdrawConsent(selection(id, subject, clientId, isAll), actorOf(request))
    return empty(204)
  },
})

function selection(id: string | undefined, subject: string | undefined, clientId: string | undefined, isAll: boolean): ConsentSelection {
  if (id !== undefined && subject === undefined && clientId === undefined && !isAll) return { id }
  if (id === undefined && subject !== undefined && clientId !== undefined && !isAll) return { subject, clientId }
  if (id === undefined && subject !== undefined && clientId === undefined && isAll) return { subject }
  throw refused({ kind: 'consent-selection' })
}

/** `DELETE /admin/oauth2/auth/sessions/login`: one session by its `sid`, or all of a person. */
export const revokeLoginSessions = (deps: { readonly endSessions: ReturnType<typeof endSessions> }): Endpoint => ({
  method: 'DELETE',
  path: '/admin/oauth2/auth/sessions/login',
  face: 'admin',
  operation: {
    id: 'revokeOAuth2LoginSessions',
    tag: 'oAuth2',
    summary: 'End login sessions. Tokens stay valid.',
    query: { sid: textParameter('Only this session.'), subject: textParameter('Every session of this person.') },
    responses: { 204: { description: 'Ended.' } },
  },
  async handler(request) {
    const [sid, subject] = ['sid', 'subject'].map((name) => queryParameter(request, name))
    if (sid !== undefined) await deps.endSessions({ sid }, actorOf(request))
    else if (subject !== undefined) await deps.endSessions({ subject }, actorOf(request))
    else throw refused({ kind: 'session-selection' })
    return empty(204)
  },
})
