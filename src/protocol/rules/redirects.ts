import { type Check, each, found } from '../metadata-rule.ts'
import { quote } from '../problem.ts'
import { isDangerousScheme, redirectUriFault } from '../redirect-uri.ts'
import { isRequestUri } from '../web-uri.ts'

export const redirectUrisAreSafe: Check = (checked) =>
  each('redirect_uris', checked.metadata.redirectUris, (uri) => unlessKnown(checked, uri))

/** RFC 7591 §2, OREG-01: a client that is sent people needs a place to send them back to. */
export const redirectGrantsHaveRedirectUris: Check = ({ metadata }) =>
  !metadata.grantTypes?.includes('authorization_code') || (metadata.redirectUris ?? []).length > 0
    ? []
    : found('redirect_uris', 'is needed for the grant authorization_code: give at least one redirect URI')

/** Hydra's rule: after logging out a browser goes back to where the client's redirect URIs are, and nowhere else. */
export const logoutReturnsToARedirectHost: Check = (checked) =>
  each('post_logout_redirect_uris', checked.metadata.postLogoutRedirectUris, (uri) => {
    const shared = sharesOrigin(uri, checked.metadata.redirectUris ?? [])
    return shared ? unlessKnown(checked, uri) : `${quote(uri)} must have the scheme, host and port of one of the redirect_uris`
  })

/** A URI that the client has already may stay. */
function unlessKnown({ settings, inForce }: Parameters<Check>[0], uri: string): string | undefined {
  const isKnown = inForce.redirectUris?.includes(uri) || inForce.postLogoutRedirectUris?.includes(uri)
  return isKnown ? undefined : redirectUriFault(uri, settings.dotlessSchemes)
}

/** An administrator may register any other URI, as in Hydra. */
export const redirectUrisAreNotDangerous: Check = ({ metadata }) =>
  each('redirect_uris', metadata.redirectUris, (uri) => {
    if (uri.includes('#')) return 'Redirect URIs must not contain fragments (#).'
    if (!isRequestUri(uri)) return `Unable to parse redirect URL: ${uri}`
    return isDangerousScheme(uri) ? `The scheme of the redirect URL is never allowed: ${uri}` : undefined
  })

export const logoutReturnsToARedirectOrigin: Check = ({ metadata }) =>
  each('post_logout_redirect_uris', metadata.postLogoutRedirectUris, (uri) => {
    if (!isRequestUri(uri)) return `Unable to parse post_logout_redirect_uri: ${uri}`
    if (sharesOrigin(uri, metadata.redirectUris ?? [])) return undefined
    return `post_logout_redirect_uri '${uri}' must match the domain, port, scheme of at least one of the registered redirect URIs but did not`
  })

/** Whether scheme, host and port, as written, are those of one of `uris`. */
function sharesOrigin(uri: string, uris: readonly string[]): boolean {
  const origin = (text: string) => /^([a-z][a-z0-9+.-]*:)(?:\/\/([^/?#]*))?/i.exec(text)?.slice(1).join('//').toLowerCase()
  return uris.some((other) => origin(other) === origin(uri))
}
