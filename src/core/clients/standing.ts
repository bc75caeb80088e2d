import type { Client } from './client.ts'
import { approvedTermsOf } from './terms.ts'

/**
 * What the rules make of the way in which a client came. Each member is named for what its rule decides, so a rule asks for its member and
 * never how the client came.
 */
export interface Standing {
  /** `pattern`: as `strategies.scope` says; `exact`: only the registered scopes themselves. */
  readonly scopeMatch: 'exact' | 'pattern'
  /** What happens to the scopes of an authorization request that the client may not have (RFC 6749 §3.3). */
  readonly excessScope: 'dropped' | 'refused'
  /** `path`: a registered audience covers the paths below it; `exact`: only the registered audiences themselves. */
  readonly audienceMatch: 'exact' | 'path'
  /** How a `resource` is treated while `allowed_audience` is not configured: MCP clients always send one (RFC 8707 §2). */
  readonly unmanagedResource: 'ignored' | 'checked'
  /** Which of its authorization requests need PKCE (RFC 9700 §2.1.1). `oauth2.pkce.enforced` requires it of all. */
  readonly pkce: 'always' | 'without-secret'
  /** The minimum number of characters of `state`. 0: it may be left out, as PKCE protects against CSRF, too (RFC 9700 §2.1). */
  readonly shortestState: 0 | 8
  /** Whether an OpenID request repeats a redirect URI that is the only registered one (OpenID Connect Core §3.1.2.1). */
  readonly openidRedirectUri: 'required' | 'optional'
  /** Whether consent is remembered where any program of the device can receive the code (RFC 8252 §8.6). */
  readonly consentOnDevice: 'remembered' | 'asked-each-time'
  /**
   * When a logout with an ID token redirects the browser without a page that names the host. Anyone can register a redirect URI, and an
   * ID token is accepted as a hint for years: `own-session` requires the browser that has the session of the token.
   */
  readonly leavingAfterLogout: 'at-once' | 'own-session'
  /** Whether the number of its live opaque tokens by `client_credentials` has a limit. */
  readonly machineTokens: 'limited' | 'unlimited'
}

const profiles: Readonly<Record<Client['origin'], Standing>> = {
  admin: {
    scopeMatch: 'pattern',
    excessScope: 'refused',
    audienceMatch: 'path',
    unmanagedResource: 'checked',
    pkce: 'without-secret',
    shortestState: 8,
    openidRedirectUri: 'required',
    consentOnDevice: 'remembered',
    leavingAfterLogout: 'at-once',
    machineTokens: 'unlimited',
  },
  dynamic: {
    scopeMatch: 'exact',
    excessScope: 'dropped',
    audienceMatch: 'exact',
    unmanagedResource: 'ignored',
    pkce: 'always',
    shortestState: 0,
    openidRedirectUri: 'optional',
    consentOnDevice: 'asked-each-time',
    leavingAfterLogout: 'own-session',
    machineTokens: 'limited',
  },
}

/** The rules that hold for a client. */
export const standingOf = ({ origin }: Pick<Client, 'origin'>): Standing => profiles[origin]

/** Whether the approved terms are those that an administrator wrote: the owner may have changed them since. */
export const isVerified = (client: Client): boolean =>
  client.verifiedTerms !== undefined && client.verifiedTerms === approvedTermsOf(client)

/**
 * A client as an administrator writes it: verified, where the write creates it or changes its approved terms. A write that leaves them
 * unchanged (a lifespan, another owner) is no judgement of what the client's owner wrote.
 *
 * @param before undefined for a new client
 */
export function writtenByAdmin(client: Client, before?: Client): Client {
  const terms = approvedTermsOf(client)
  return before && approvedTermsOf(before) === terms ? client : { ...client, verifiedTerms: terms }
}
