import { isLoopbackRedirect, schemeOf } from '../../protocol/redirect-uri.ts'

/** The host of a redirect URI; for a private-use scheme, the scheme with its colon. */
export function redirectHost(redirectUri: string): string {
  const scheme = schemeOf(redirectUri)
  const isWeb = scheme === 'http' || scheme === 'https'
  return isWeb && URL.canParse(redirectUri) ? new URL(redirectUri).host : `${scheme}:`
}

/** The same for a person, who does not need the port of a program on the device. */
export const shownHost = (redirectUri: string): string => (isLoopbackRedirect(redirectUri) ? 'localhost' : redirectHost(redirectUri))
