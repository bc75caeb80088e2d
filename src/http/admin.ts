import { adminOperations } from './openapi/admin-operations.ts'
import { described, type Face, type Handler, type Line, open, type Route } from './server/route.ts'

/** What the admin listener needs, by the names of the table below. */
export interface AdminHandlers {
  readonly listClients: Handler
  readonly createClient: Handler
  readonly getClient: Handler
  readonly setClient: Handler
  readonly patchClient: Handler
  readonly deleteClient: Handler
  readonly setLifespans: Handler
  readonly rotateSecret: Handler
  readonly forgetRotatedSecrets: Handler
  readonly newRegistrationToken: Handler
  readonly introspect: Handler
  readonly deleteTokens: Handler
  readonly getLoginRequest: Handler
  readonly acceptLoginRequest: Handler
  readonly rejectLoginRequest: Handler
  readonly getConsentRequest: Handler
  readonly acceptConsentRequest: Handler
  readonly rejectConsentRequest: Handler
  readonly getLogoutRequest: Handler
  readonly acceptLogoutRequest: Handler
  readonly rejectLogoutRequest: Handler
  readonly listConsentSessions: Handler
  readonly revokeConsentSessions: Handler
  readonly revokeLoginSessions: Handler
  readonly getKeySet: Handler
  readonly createKey: Handler
  readonly setKeySet: Handler
  readonly deleteKeySet: Handler
  readonly getKey: Handler
  readonly setKey: Handler
  readonly deleteKey: Handler
  readonly alive: Handler
  readonly ready: Handler
  readonly metrics: Handler
  readonly version: Handler
  readonly openApi: Handler
  readonly reference: Handler
}

/** Every admin route, on one screen. The fence of the listener stands before all of them. */
export function adminRoutes(handlers: AdminHandlers): Route[] {
  const h = handlers
  // biome-ignore format: a table
  const lines = [
    route('GET',    '/admin/clients',                               'admin', h.listClients),
    route('POST',   '/admin/clients',                               'admin', h.createClient),
    route('GET',    '/admin/clients/:id',                           'admin', h.getClient),
    route('PUT',    '/admin/clients/:id',                           'admin', h.setClient),
    route('PATCH',  '/admin/clients/:id',                           'admin', h.patchClient),
    route('DELETE', '/admin/clients/:id',                           'admin', h.deleteClient),
    route('PUT',    '/admin/clients/:id/lifespans',                 'admin', h.setLifespans),
    route('POST',   '/admin/clients/:id/secrets/rotate',            'admin', h.rotateSecret),
    route('DELETE', '/admin/clients/:id/secrets/rotate',            'admin', h.forgetRotatedSecrets),
    route('POST',   '/admin/clients/:id/registration-access-token', 'admin', h.newRegistrationToken),
    route('POST',   '/admin/oauth2/introspect',                     'oauth', h.introspect),
    route('DELETE', '/admin/oauth2/tokens',                         'admin', h.deleteTokens),
    route('GET',    '/admin/oauth2/auth/requests/login',            'admin', h.getLoginRequest),
    route('PUT',    '/admin/oauth2/auth/requests/login/accept',     'admin', h.acceptLoginRequest),
    route('PUT',    '/admin/oauth2/auth/requests/login/reject',     'admin', h.rejectLoginRequest),
    route('GET',    '/admin/oauth2/auth/requests/consent',          'admin', h.getConsentRequest),
    route('PUT',    '/admin/oauth2/auth/requests/consent/accept',   'admin', h.acceptConsentRequest),
    route('PUT',    '/admin/oauth2/auth/requests/consent/reject',   'admin', h.rejectConsentRequest),
    route('GET',    '/admin/oauth2/auth/requests/logout',           'admin', h.getLogoutRequest),
    route('PUT',    '/admin/oauth2/auth/requests/logout/accept',    'admin', h.acceptLogoutRequest),
    route('PUT',    '/admin/oauth2/auth/requests/logout/reject',    'admin', h.rejectLogoutRequest),
    route('GET',    '/admin/oauth2/auth/sessions/consent',          'admin', h.listConsentSessions),
    route('DELETE', '/admin/oauth2/auth/sessions/consent',          'admin', h.revokeConsentSessions),
    route('DELETE', '/admin/oauth2/auth/sessions/login',            'admin', h.revokeLoginSessions),
    route('GET',    '/admin/keys/:id',                              'admin', h.getKeySet),
    route('POST',   '/admin/keys/:id',                              'admin', h.createKey),
    route('PUT',    '/admin/keys/:id',                              'admin', h.setKeySet),
    route('DELETE', '/admin/keys/:id',                              'admin', h.deleteKeySet),
    route('GET',    '/admin/keys/:id/:kid',                         'admin', h.getKey),
    route('PUT',    '/admin/keys/:id/:kid',                         'admin', h.setKey),
    route('DELETE', '/admin/keys/:id/:kid',                         'admin', h.deleteKey),
    route('GET',    '/admin/metrics/prometheus',                    'plain', h.metrics),
    route('GET',    '/admin/version',                               'plain', h.version),
    route('GET',    '/version',                                     'plain', h.version),
    route('GET',    '/health/alive',                                'plain', h.alive),
    route('GET',    '/health/ready',                                'plain', h.ready),
    route('GET',    '/admin/openapi.json',                          'plain', h.openApi),
    route('GET',    '/admin/reference',                             'page',  h.reference),
  ]
  return described(lines, handlers, adminOperations)
}

const route = (method: Route['method'], path: string, face: Face, handler: Handler): Line => ({
  method,
  path,
  guard: open,
  face,
  cors: false,
  handler,
})

/** Hydra's short form: a path without `/admin` means the one with it, but for those that never had it. */
export function withAdminPrefix(url: string): string {
  return /^\/(?:admin|health|version)(?:[/?]|$)/.test(url) ? url : `/admin${url}`
}
