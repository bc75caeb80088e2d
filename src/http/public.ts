import { refused } from './errors/refusals.ts'
import { publicOperations } from './openapi/public-operations.ts'
import { described, type Face, type Guard, type Handler, type Line, open, type Route } from './server/route.ts'

/** What the public listener needs, by the names of the table below. */
export interface PublicHandlers {
  readonly register: Handler
  readonly readConfiguration: Handler
  readonly updateConfiguration: Handler
  readonly deleteConfiguration: Handler
  readonly authorize: Handler
  readonly token: Handler
  readonly revoke: Handler
  readonly userinfo: Handler
  readonly logout: Handler
  readonly signInPage: Handler
  readonly signIn: Handler
  readonly consentPage: Handler
  readonly consent: Handler
  readonly signOutPage: Handler
  readonly signOut: Handler
  readonly signedOutPage: Handler
  readonly grantsPage: Handler
  readonly withdrawGrants: Handler
  readonly errorFallback: Handler
  readonly jwks: Handler
  readonly discovery: Handler
  readonly alive: Handler
  readonly ready: Handler
  readonly openApi: Handler
  readonly reference: Handler
}

/** Every public route with its guard, on one screen. All of them are always mounted; a guard answers 404 when a feature is off. */
export function publicRoutes(handlers: PublicHandlers, registrationIsOn: () => boolean, issuerPath: string): Route[] {
  const whenOn = whenRegistrationIsOn(registrationIsOn)
  const h = handlers
  // biome-ignore format: a table
  const lines = [
    route('POST',   '/oauth2/register',                        whenOn, 'registration', h.register),
    route('GET',    '/oauth2/register/:id',                    whenOn, 'registration', h.readConfiguration),
    route('PUT',    '/oauth2/register/:id',                    whenOn, 'registration', h.updateConfiguration),
    route('DELETE', '/oauth2/register/:id',                    whenOn, 'registration', h.deleteConfiguration),
    forClients('POST', '/oauth2/token',                        'oauth',                h.token),
    forClients('POST', '/oauth2/revoke',                       'oauth',                h.revoke),
    forClients('GET',  '/userinfo',                            'userinfo',             h.userinfo),
    forClients('POST', '/userinfo',                            'userinfo',             h.userinfo),
    route('GET',    '/.well-known/jwks.json',                  open,   'plain',        h.jwks),
    ...discoveryPaths(issuerPath).map((path) =>
    route('GET',    path,                                      open,   'plain',        h.discovery)),
    route('GET',    '/openapi.json',                           open,   'plain',        h.openApi),
    // Never for a page of another origin: a person looks at these, or a machine of ours does.
    ownOrigin('GET',  '/oauth2/auth',                          'page',                 h.authorize),
    ownOrigin('POST', '/oauth2/auth',                          'page',                 h.authorize),
    ownOrigin('GET',  '/oauth2/sessions/logout',               'page',                 h.logout),
    ownOrigin('POST', '/oauth2/sessions/logout',               'page',                 h.logout),
    ownOrigin('GET',  '/oauth2/fallbacks/login',               'page',                 h.signInPage),
    ownOrigin('POST', '/oauth2/fallbacks/login',               'page',                 h.signIn),
    ownOrigin('GET',  '/oauth2/fallbacks/consent',             'page',                 h.consentPage),
    ownOrigin('POST', '/oauth2/fallbacks/consent',             'page',                 h.consent),
    ownOrigin('GET',  '/oauth2/fallbacks/logout',              'page',                 h.signOutPage),
    ownOrigin('POST', '/oauth2/fallbacks/logout',              'page',                 h.signOut),
    ownOrigin('GET',  '/oauth2/fallbacks/logout/callback',     'page',                 h.signedOutPage),
    ownOrigin('GET',  '/oauth2/fallbacks/grants',              'page',                 h.grantsPage),
    ownOrigin('POST', '/oauth2/fallbacks/grants',              'page',                 h.withdrawGrants),
    ownOrigin('GET',  '/oauth2/fallbacks/error',               'page',                 h.errorFallback),
    ownOrigin('GET',  '/health/alive',                         'plain',                h.alive),
    ownOrigin('GET',  '/health/ready',                         'plain',                h.ready),
    ownOrigin('GET',  '/reference',                            'page',                 h.reference),
  ]
  return described(lines, handlers, publicOperations)
}

/** The client is known by what is sent, and so are its own origins. */
const forClients = (method: Route['method'], path: string, face: Face, handler: Handler): Line => ({
  ...route(method, path, open, face, handler),
  clientCors: true,
})

const route = (method: Route['method'], path: string, guard: Guard, face: Face, handler: Handler): Line => ({
  method,
  path,
  guard,
  face,
  handler,
  cors: true,
})

const ownOrigin = (method: Route['method'], path: string, face: Face, handler: Handler): Line => ({
  method,
  path,
  guard: open,
  face,
  handler,
  cors: false,
})

/** While registration is off its routes do not exist: 404 to every method, whatever is sent. */
function whenRegistrationIsOn(isOn: () => boolean): Guard {
  return () => {
    if (!isOn()) throw refused({ kind: 'registration-off' })
  }
}

const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

/**
 * Where the document is looked for: at the root; for an issuer with a path also with the well-known part before the path
 * (RFC 8414 §3.1) and behind it (OpenID Connect Discovery §4).
 *
 * @param issuerPath the issuer's path without a slash at its end; empty for an issuer without one
 */
export function discoveryPaths(issuerPath: string): string[] {
  if (issuerPath === '') return wellKnown
  return wellKnown.flatMap((path) => [path, `${path}${issuerPath}`, `${issuerPath}${path}`])
}
