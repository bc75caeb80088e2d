import { isLoopbackRedirect, schemeOf } from '../../protocol/redirect-uri.ts'

/** Where a browser goes with an answer: a host; of a private-use scheme, the scheme with its colon. */
export function redirectHost(redirectUri: string): string {
  const scheme = schemeOf(redirectUri)
  const isWeb = scheme === 'http' || scheme === 'https'
  return isWeb && URL.canParse(redirectUri) ? new URL(redirectUri).host : `${scheme}:`
}

/** The same for a person: on his own device the port says nothing. */
export const shownHost = (redirectUri: string): string => (isLoopbackRedirect(redirectUri) ? 'localhost' : redirectHost(redirectUri))
