import type { ClientMetadata } from '../client-metadata.ts'
import { withoutSlashes } from '../metadata-defaults.ts'
import { type Check, each, type Finding, found } from '../metadata-rule.ts'
import { quote } from '../problem.ts'
import { fetchedUriFault, isRequestUri, pageUriFault, secureUriFault } from '../web-uri.ts'

export const fetchedUrisAreReachable: Check = ({ metadata, settings }) => {
  const fault = (uri: string) => fetchedUriFault(uri, settings.fence)
  return [
    ...each('jwks_uri', metadata.jwksUri, fault),
    ...each('backchannel_logout_uri', metadata.backchannelLogoutUri, fault),
    ...each('sector_identifier_uri', metadata.sectorIdentifierUri, fault),
    ...each('request_uris', metadata.requestUris, fault),
  ]
}

/** The four links that people follow, in every language they come in (RFC 7591 §2, §2.2). */
export const pagesAreWebPages: Check = ({ metadata }) => pagesOf(metadata).flatMap(([name, uri]) => found(name, pageUriFault(uri)))

/** Hydra takes more: an absolute path for a URI, and any authority. */
export const pagesAreHttpUris: Check = ({ metadata }) => pagesOf(metadata).flatMap(([name, uri]) => found(name, hydraPageFault(name, uri)))

function hydraPageFault(name: string, uri: string): string | undefined {
  if (!isRequestUri(uri)) return `Field ${name} must be a valid URI.`
  return /^https?:/i.test(uri) ? undefined : `${uri} must use https:// or http:// as HTTP scheme for field ${name}.`
}

function pagesOf({ tosUri, policyUri, logoUri, clientUri, localized = {} }: ClientMetadata): [name: string, uri: string][] {
  const pages = { tos_uri: tosUri, policy_uri: policyUri, logo_uri: logoUri, client_uri: clientUri }
  const tagged = Object.entries(localized).filter(([name]) => !name.startsWith('client_name#'))
  return [...Object.entries(pages), ...tagged].filter((page): page is [string, string] => page[1] !== undefined)
}

/** OpenID Connect Back-Channel Logout §2.2. */
export const logoutReceiverHasNoFragment: Check = ({ metadata }) =>
  each('backchannel_logout_uri', metadata.backchannelLogoutUri, (uri) =>
    uri.includes('#') ? `${quote(uri)} must not have a fragment` : undefined,
  )

export const browserTargetsAreSecure: Check = ({ metadata }) => [
  ...each('initiate_login_uri', metadata.initiateLoginUri, secureUriFault),
  ...each('frontchannel_logout_uri', metadata.frontchannelLogoutUri, secureUriFault),
]

/** Those of a self-registered client are narrowed by the policy instead. */
export const corsOriginsAreOrigins: Check = ({ metadata }): Finding[] =>
  each('allowed_cors_origins', metadata.allowedCorsOrigins, originFault)

function originFault(origin: string): string | undefined {
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(withoutSlashes(origin)) ?? []
  if (authority === undefined || authority === '')
    return `Origin URL ${origin} from allowed_cors_origins must use https:// or http:// as HTTP scheme.`
  if (authority.includes('@')) return `Origin URL ${origin} from allowed_cors_origins must not contain any user information.`
  return rest === '' ? undefined : `Origin URL ${origin} from allowed_cors_origins must not contain a path, query or fragment.`
}
