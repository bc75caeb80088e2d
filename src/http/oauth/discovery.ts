import type { idTokenAlgs } from '../../core/keys/published-keys.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import {
  assertionSigningAlgs,
  registrableAuthMethods,
  registrableGrantTypes,
  registrableResponseTypes,
} from '../../protocol/grant-types.ts'
import { responseModes } from '../../protocol/response-mode.ts'
import type { Request } from '../server/request.ts'
import { empty, json, type Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

/** The values of the metadata document; the addresses are absolute URLs. */
export interface DiscoverySettings {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string
  readonly userinfoEndpoint: string
  readonly endSessionEndpoint: string
  readonly jwksUri: string
  /** Undefined while registration is off. */
  readonly registrationEndpoint: string | undefined
  readonly scopes: readonly string[]
  readonly subjectTypes: readonly string[]
  readonly claims: readonly string[]
}

/** Seconds. Short, as registration can be switched at any time. */
const maxAge = 60

const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

/**
 * The paths of the document: at the root; for an issuer with a path also with the well-known part before the path (RFC 8414 §3.1) and
 * after it (OpenID Connect Discovery §4).
 *
 * @param issuerPath the issuer's path without a trailing slash; empty for an issuer without one
 */
function discoveryPaths(issuerPath: string): string[] {
  if (issuerPath === '') return wellKnown
  return wellKnown.flatMap((path) => [path, `${path}${issuerPath}`, `${issuerPath}${path}`])
}

interface Deps {
  readonly discovery: Live<DiscoverySettings>
  readonly idTokenAlgs: ReturnType<typeof idTokenAlgs>
  readonly issuerPath: string
}

/**
 * The metadata document (RFC 8414 §2, OpenID Connect Discovery §3). It lists only what is enabled, is made of settings and never of the
 * `Host` of a request (RFC 8414 §6.2), and is the same at every path.
 */
export function discovery({ discovery, idTokenAlgs, issuerPath }: Deps): readonly Endpoint[] {
  const answer = cached()
  return discoveryPaths(issuerPath).map((path) => ({
    method: 'GET',
    path,
    face: 'plain',
    operation: {
      id: 'discoverOidcConfiguration',
      tag: 'oidc',
      summary: 'Read the metadata of this server (RFC 8414, OpenID Connect Discovery).',
      responses: {
        200: { description: 'What is enabled.', schema: 'OidcConfiguration', headers: { etag: 'For `If-None-Match`.' } },
        304: { description: 'Unchanged.' },
      },
      isStatic: true,
    },
    async handler(request) {
      return answer(request, discovery(), await idTokenAlgs())
    },
  }))
}

/** Builds the document again only when the settings or the algorithms have changed. */
function cached(): (request: Request, settings: DiscoverySettings, algs: readonly string[]) => Response {
  let last: { settings: DiscoverySettings; algs: string; answer: Response; notModified: Response; etag: string } | undefined
  return (request, settings, algs) => {
    if (last?.settings !== settings || last.algs !== algs.join()) {
      const document = metadata(settings, algs)
      const etag = `"${sha256(JSON.stringify(document)).slice(0, 22)}"`
      const headers = { 'cache-control': `public, max-age=${maxAge}`, etag }
      last = { settings, algs: algs.join(), etag, answer: json(200, document, headers), notModified: empty(304, headers) }
    }
    return isKnown(request.headers['if-none-match'], last.etag) ? last.notModified : last.answer
  }
}

/** RFC 9110 §13.1.2: one of a list, by weak comparison, as a proxy that compresses weakens the tag. */
const isKnown = (ifNoneMatch = '', etag: string): boolean =>
  ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)

function metadata(settings: DiscoverySettings, idTokenAlgs: readonly string[]): Record<string, unknown> {
  return {
    issuer: settings.issuer,
    authorization_endpoint: settings.authorizationEndpoint,
    token_endpoint: settings.tokenEndpoint,
    revocation_endpoint: settings.revocationEndpoint,
    userinfo_endpoint: settings.userinfoEndpoint,
    end_session_endpoint: settings.endSessionEndpoint,
    jwks_uri: settings.jwksUri,
    ...(settings.registrationEndpoint !== undefined && { registration_endpoint: settings.registrationEndpoint }),
    scopes_supported: settings.scopes,
    response_types_supported: registrableResponseTypes,
    response_modes_supported: responseModes,
    grant_types_supported: registrableGrantTypes,
    token_endpoint_auth_methods_supported: registrableAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: assertionSigningAlgs,
    revocation_endpoint_auth_methods_supported: registrableAuthMethods,
    revocation_endpoint_auth_signing_alg_values_supported: assertionSigningAlgs,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: settings.subjectTypes,
    id_token_signing_alg_values_supported: idTokenAlgs,
    // Signed with the same keys.
    userinfo_signing_alg_values_supported: ['none', ...idTokenAlgs],
    claims_supported: settings.claims,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: assertionSigningAlgs,
  }
}
