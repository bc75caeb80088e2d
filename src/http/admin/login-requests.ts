import type { AskedConsent } from '../../core/authorization/answer-consent.ts'
import type { AskedLogin } from '../../core/authorization/answer-login.ts'
import type { ConsentDecision, LoginDecision, Rejection } from '../../core/authorization/authorization-flow.ts'
import type { WayBack } from '../../core/authorization/challenge.ts'
import { resumeUrl } from '../../core/authorization/resume-url.ts'
import type { AskedLogout } from '../../core/logout/answer-logout.ts'
import { empty, hydraNoStore, json } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { challengeOf, consentAcceptance, loginAcceptance, rejection } from './answers.ts'
import { consentRequestJson, loginRequestJson, logoutRequestJson } from './request-views.ts'

/** `GET /admin/oauth2/auth/requests/login` */
export const getLoginRequest =
  (deps: { find: (challenge: string) => Promise<AskedLogin> }): Handler =>
  async (request) =>
    json(200, loginRequestJson(await deps.find(challengeOf(request, 'login'))), hydraNoStore)

/** `GET /admin/oauth2/auth/requests/consent` */
export const getConsentRequest =
  (deps: { find: (challenge: string) => Promise<AskedConsent> }): Handler =>
  async (request) =>
    json(200, consentRequestJson(await deps.find(challengeOf(request, 'consent'))), hydraNoStore)

/** `GET /admin/oauth2/auth/requests/logout` */
export const getLogoutRequest =
  (deps: { find: (challenge: string) => Promise<AskedLogout> }): Handler =>
  async (request) =>
    json(200, logoutRequestJson(await deps.find(challengeOf(request, 'logout'))), hydraNoStore)

/** `PUT /admin/oauth2/auth/requests/login/accept` */
export const acceptLoginRequest =
  (deps: { accept: (challenge: string, accepted: Omit<LoginDecision, 'kind' | 'at'>) => Promise<WayBack> }): Handler =>
  async (request) =>
    json(200, { redirect_to: resumeUrl(await deps.accept(challengeOf(request, 'login'), loginAcceptance(request))) })

/** `PUT /admin/oauth2/auth/requests/consent/accept` */
export const acceptConsentRequest =
  (deps: { accept: (challenge: string, accepted: Omit<ConsentDecision, 'kind' | 'at'>) => Promise<WayBack> }): Handler =>
  async (request) =>
    json(200, { redirect_to: resumeUrl(await deps.accept(challengeOf(request, 'consent'), consentAcceptance(request))) })

/** `PUT /admin/oauth2/auth/requests/login/reject` and `…/consent/reject` */
export const rejectRequest =
  (deps: { step: 'login' | 'consent'; reject: (challenge: string, rejected: Omit<Rejection, 'kind'>) => Promise<WayBack> }): Handler =>
  async (request) =>
    json(200, { redirect_to: resumeUrl(await deps.reject(challengeOf(request, deps.step), rejection(request, deps.step))) })

/** `PUT /admin/oauth2/auth/requests/logout/accept` */
export const acceptLogoutRequest =
  (deps: { accept: (challenge: string) => Promise<string> }): Handler =>
  async (request) =>
    json(200, { redirect_to: await deps.accept(challengeOf(request, 'logout')) })

/** `PUT /admin/oauth2/auth/requests/logout/reject`: nothing ends, and the request stays as it was. */
export const rejectLogoutRequest =
  (deps: { find: (challenge: string) => Promise<AskedLogout> }): Handler =>
  async (request) => {
    await deps.find(challengeOf(request, 'logout'))
    return empty(204)
  }
