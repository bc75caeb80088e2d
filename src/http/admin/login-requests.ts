import type { acceptConsent, findConsent, rejectConsent } from '../../core/authorization/answer-consent.ts'
import type { acceptLogin, findLogin, rejectLogin } from '../../core/authorization/answer-login.ts'
import { resumeUrl } from '../../core/authorization/resume-url.ts'
import type { findLogout } from '../../core/logout/answer-logout.ts'
import { requiredText } from '../server/operation.ts'
import { empty, hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { challengeOf, consentAcceptance, loginAcceptance, rejection } from './answers.ts'
import { consentRequestJson, loginRequestJson, logoutRequestJson } from './request-views.ts'

const requests = '/admin/oauth2/auth/requests'
const shared = { tag: 'oAuth2' } as const
const challenge = (step: string) => ({ [`${step}_challenge`]: requiredText('The request.') }) as const
const redirectTo = { description: 'The URL to redirect the browser to.', schema: 'OAuth2RedirectTo' }

/** `GET /admin/oauth2/auth/requests/login` */
export const getLoginRequest = (deps: { readonly findLogin: ReturnType<typeof findLogin> }): Endpoint => ({
  method: 'GET',
  path: `${requests}/login`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'getOAuth2LoginRequest',
    summary: 'Read a login request.',
    query: challenge('login'),
    responses: { 200: { description: 'The request.', schema: 'OAuth2LoginRequest' } },
    errors: [401, 404],
  },
  async handler(request) {
    return json(200, loginRequestJson(await deps.findLogin(challengeOf(request, 'login'))), hydraNoStore)
  },
})

/** `PUT /admin/oauth2/auth/requests/login/accept` */
export const acceptLoginRequest = (deps: { readonly acceptLogin: ReturnType<typeof acceptLogin> }): Endpoint => ({
  method: 'PUT',
  path: `${requests}/login/accept`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'acceptOAuth2LoginRequest',
    summary: 'Accept a login request.',
    query: challenge('login'),
    body: { type: 'application/json', schema: 'AcceptOAuth2LoginRequest' },
    responses: { 200: redirectTo },
    errors: [401, 404, 409],
  },
  async handler(request) {
    return json(200, { redirect_to: resumeUrl(await deps.acceptLogin(challengeOf(request, 'login'), loginAcceptance(request))) })
  },
})

/** `PUT /admin/oauth2/auth/requests/login/reject` */
export const rejectLoginRequest = (deps: { readonly rejectLogin: ReturnType<typeof rejectLogin> }): Endpoint => ({
  method: 'PUT',
  path: `${requests}/login/reject`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'rejectOAuth2LoginRequest',
    summary: 'Reject a login request.',
    query: challenge('login'),
    body: { type: 'application/json', schema: 'RejectOAuth2Request' },
    responses: { 200: redirectTo },
    errors: [401, 404, 409],
  },
  async handler(request) {
    return json(200, { redirect_to: resumeUrl(await deps.rejectLogin(challengeOf(request, 'login'), rejection(request, 'login'))) })
  },
})

/** `GET /admin/oauth2/auth/requests/consent` */
export const getConsentRequest = (deps: { readonly findConsent: ReturnType<typeof findConsent> }): Endpoint => ({
  method: 'GET',
  path: `${requests}/consent`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'getOAuth2ConsentRequest',
    summary: 'Read a consent request.',
    query: challenge('consent'),
    responses: { 200: { description: 'The request.', schema: 'OAuth2ConsentRequest' } },
    errors: [401, 404],
  },
  async handler(request) {
    return json(200, consentRequestJson(await deps.findConsent(challengeOf(request, 'consent'))), hydraNoStore)
  },
})

/** `PUT /admin/oauth2/auth/requests/consent/accept` */
export const acceptConsentRequest = (deps: { readonly acceptConsent: ReturnType<typeof acceptConsent> }): Endpoint => ({
  method: 'PUT',
  path: `${requests}/consent/accept`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'acceptOAuth2ConsentRequest',
    summary: 'Accept a consent request.',
    query: challenge('consent'),
    body: { type: 'application/json', schema: 'AcceptOAuth2ConsentRequest' },
    responses: { 200: redirectTo },
    errors: [401, 404, 409],
  },
  async handler(request) {
    return json(200, { redirect_to: resumeUrl(await deps.acceptConsent(challengeOf(request, 'consent'), consentAcceptance(request))) })
  },
})

/** `PUT /admin/oauth2/auth/requests/consent/reject` */
export const rejectConsentRequest = (deps: { readonly rejectConsent: ReturnType<typeof rejectConsent> }): Endpoint => ({
  method: 'PUT',
  path: `${requests}/consent/reject`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'rejectOAuth2ConsentRequest',
    summary: 'Reject a consent request.',
    query: challenge('consent'),
    body: { type: 'application/json', schema: 'RejectOAuth2Request' },
    responses: { 200: redirectTo },
    errors: [401, 404, 409],
  },
  async handler(request) {
    return json(200, { redirect_to: resumeUrl(await deps.rejectConsent(challengeOf(request, 'consent'), rejection(request, 'consent'))) })
  },
})

/** `GET /admin/oauth2/auth/requests/logout` */
export const getLogoutRequest = (deps: { readonly findLogout: ReturnType<typeof findLogout> }): Endpoint => ({
  method: 'GET',
  path: `${requests}/logout`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'getOAuth2LogoutRequest',
    summary: 'Read a logout request.',
    query: challenge('logout'),
    responses: { 200: { description: 'The request.', schema: 'OAuth2LogoutRequest' } },
    errors: [401, 404],
  },
  async handler(request) {
    return json(200, logoutRequestJson(await deps.findLogout(challengeOf(request, 'logout'))), hydraNoStore)
  },
})

/** `PUT /admin/oauth2/auth/requests/logout/accept` */
export const acceptLogoutRequest = ({
  acceptLogout,
}: {
  /** Returns the URL that the browser goes to. */
  readonly acceptLogout: (challenge: string) => Promise<string>
}): Endpoint => ({
  method: 'PUT',
  path: `${requests}/logout/accept`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'acceptOAuth2LogoutRequest',
    summary: 'Accept a logout request.',
    query: challenge('logout'),
    responses: { 200: redirectTo },
    errors: [401, 404, 409],
  },
  async handler(request) {
    return json(200, { redirect_to: await acceptLogout(challengeOf(request, 'logout')) })
  },
})

/** `PUT /admin/oauth2/auth/requests/logout/reject`: the session does not end, and the request can still be accepted. */
export const rejectLogoutRequest = (deps: { readonly findLogout: ReturnType<typeof findLogout> }): Endpoint => ({
  method: 'PUT',
  path: `${requests}/logout/reject`,
  face: 'admin',
  operation: {
    ...shared,
    id: 'rejectOAuth2LogoutRequest',
    summary: 'Reject a logout request.',
    query: challenge('logout'),
    responses: { 204: { description: 'Rejected; the session does not end.' } },
    errors: [401, 404],
  },
  async handler(request) {
    await deps.findLogout(challengeOf(request, 'logout'))
    return empty(204)
  },
})
