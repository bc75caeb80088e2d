import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Client } from './client.ts'
import type { RemoteKeys } from './remote-keys.ts'
import { isOfType, readSigned, type SignedClaims, type UnreadableFault } from './signed-claims.ts'
import type { AssertionId } from './spend-assertion.ts'
import { type SignatureFault, signatureFault } from './verify-signature.ts'

/** What is wrong with an assertion. The error sentences are in `http/`. */
export type AssertionFault =
  | UnreadableFault
  | SignatureFault
  | { readonly fault: 'sub-missing' | 'typ' | 'issuer' | 'subject' | 'jti' | 'expiry' }
  | { readonly fault: 'alg-not-registered'; readonly alg: string; readonly registered: string }
  | { readonly fault: 'audience'; readonly tokenEndpoint: string }

export type AssertionRefusal = { readonly kind: 'assertion-refused' } & AssertionFault

const refuse = (fault: AssertionFault) => new Refusal<AssertionRefusal>({ kind: 'assertion-refused', ...fault })

/** The values of `aud` that name this server. */
export interface AssertionAudience {
  readonly issuer: string
  readonly tokenEndpoint: string
}

/** A parsed assertion. Its sender has not been authenticated. */
export interface ReadAssertion extends SignedClaims {
  readonly subject: string
}

/** @throws Refusal `assertion-refused` */
export function readAssertion(text: string): ReadAssertion {
  const signed = readSigned(text)
  if ('fault' in signed) throw refuse(signed)
  const { sub } = signed.claims
  if (typeof sub !== 'string' || sub === '') throw refuse({ fault: 'sub-missing' })
  return { ...signed, subject: sub }
}

/** Seconds: the longest time until `exp`, and how far the client's clock may be ahead. */
const longestLife = 3_600
const skew = 10

/**
 * Checks that an assertion comes from `client` (RFC 7523 §3): it names the client and this server, is valid now and expires within an
 * hour, and one of the client's keys signed it. The cheap checks come first. The caller must spend the id that is returned.
 *
 * @throws Refusal `assertion-refused`, or Unavailable where too many key sets are being fetched
 */
export function verifyAssertion(deps: { clock: Clock; remoteKeys: RemoteKeys; audience: Live<AssertionAudience> }) {
  const faultOf = signatureFault(deps)
  return async (client: Client, assertion: ReadAssertion): Promise<AssertionId> => {
    checkType(assertion)
    checkAlg(client, assertion)
    const id = checkClaims(client, assertion, deps.clock() / 1000, deps.audience())
    const fault = await faultOf(client, assertion)
    if (fault) throw refuse(fault)
    return id
  }
}

const types = ['jwt', 'client-authentication+jwt']

/** RFC 8725 §3.11: a JWT with the type of a token or a request object is not an assertion. */
function checkType({ typ }: ReadAssertion): void {
  if (!isOfType(typ, types)) throw refuse({ fault: 'typ' })
}

/** A client that registered an algorithm must use it. Others may use any supported one that fits the key. */
function checkAlg({ metadata: { tokenEndpointAuthSigningAlg: registered } }: Client, { alg }: ReadAssertion): void {
  if (registered !== undefined && registered !== alg) throw refuse({ fault: 'alg-not-registered', alg, registered })
}

function checkClaims({ clientId }: Client, { claims }: ReadAssertion, now: number, audience: AssertionAudience): AssertionId {
  const { iss, sub, jti, exp } = claims
  if (iss !== clientId) throw refuse({ fault: 'issuer' })
  if (sub !== clientId) throw refuse({ fault: 'subject' })
  if (typeof jti !== 'string' || jti === '') throw refuse({ fault: 'jti' })
  if (!isMeantForUs(claims.aud, audience)) throw refuse({ fault: 'audience', tokenEndpoint: audience.tokenEndpoint })
  if (typeof exp !== 'number' || !isInForce(claims, exp, now)) throw refuse({ fault: 'expiry' })
  return { hash: sha256(JSON.stringify([clientId, jti])), expiresAt: Math.ceil(exp * 1000) }
}

/** The issuer or the token endpoint, and no other audience: a second one could replay the assertion here. */
function isMeantForUs(aud: unknown, { issuer, tokenEndpoint }: AssertionAudience): boolean {
  const only = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  return only === issuer || only === tokenEndpoint
}

function isInForce({ nbf, iat }: ReadAssertion['claims'], exp: number, now: number): boolean {
  const isPast = (time: unknown) => time === undefined || (typeof time === 'number' && time <= now + skew)
  return exp > now && exp <= now + longestLife + skew && isPast(nbf) && isPast(iat)
}
