import { type CryptoKey, compactVerify, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { assertionSigningAlgs } from '../../protocol/grant-types.ts'
import { fitsAlg, type Jwk } from '../../protocol/jwks.ts'
import type { Client } from './client.ts'
import type { RemoteKeys } from './remote-keys.ts'
import type { AssertionId } from './spend-assertion.ts'

/** What is wrong with an assertion. The words for it are the door's. */
export type AssertionFault =
  | { readonly fault: 'malformed' | 'sub-missing' | 'issuer' | 'subject' | 'jti' | 'expiry' | 'no-keys' | 'key-unknown' | 'signature' }
  | { readonly fault: 'alg-unsupported'; readonly alg: string }
  | { readonly fault: 'alg-not-registered'; readonly alg: string; readonly registered: string }
  | { readonly fault: 'audience'; readonly tokenEndpoint: string }
  /** `cause` is for our log. */
  | { readonly fault: 'keys-unreachable'; readonly cause: string }

export type AssertionRefusal = { readonly kind: 'assertion-refused' } & AssertionFault

const refuse = (fault: AssertionFault) => new Refusal<AssertionRefusal>({ kind: 'assertion-refused', ...fault })

/** How this server is named in an assertion. */
export interface AssertionAudience {
  readonly issuer: string
  readonly tokenEndpoint: string
}

/** An assertion that was taken apart, and nothing more: who sent it is not known yet. */
export interface ReadAssertion {
  readonly text: string
  readonly alg: string
  readonly kid: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
  readonly subject: string
}

/** @throws Refusal `assertion-refused` */
export function readAssertion(text: string): ReadAssertion {
  const { alg, kid, claims } = takeApart(text)
  if (!assertionSigningAlgs.includes(alg as never)) throw refuse({ fault: 'alg-unsupported', alg: asText(alg).slice(0, 20) })
  if (typeof claims.sub !== 'string' || claims.sub === '') throw refuse({ fault: 'sub-missing' })
  return { text, alg: alg as string, kid: typeof kid === 'string' ? kid : undefined, claims, subject: claims.sub }
}

/** Any JSON as text; `String` runs into what a stranger calls `toString`. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : String(JSON.stringify(value)))

function takeApart(text: string): { alg: unknown; kid: unknown; claims: Record<string, unknown> } {
  try {
    const { alg, kid } = decodeProtectedHeader(text)
    return { alg, kid, claims: decodeJwt(text) }
  } catch {
    throw refuse({ fault: 'malformed' })
  }
}

/** Seconds: how far an assertion may reach into the future, and how far another clock may run ahead of ours. */
const longestLife = 3_600
const skew = 10

/**
 * Whether an assertion proves that it comes from `client` (RFC 7523 §3): it names the client and this server, is in force and not for
 * long, and one of the client's keys signed it. What it costs to know comes in the order of what it costs us. The caller must spend
 * the id that is returned.
 *
 * @throws Refusal `assertion-refused`, or Unavailable where too many key sets are being fetched
 */
export function verifyAssertion(deps: { clock: Clock; remoteKeys: RemoteKeys; audience: Live<AssertionAudience> }) {
  const imported = makeImports()
  return async (client: Client, assertion: ReadAssertion): Promise<AssertionId> => {
    checkAlg(client, assertion)
    const id = checkClaims(client, assertion, deps.clock() / 1000, deps.audience())
    const keys = await keysOf(client, assertion, deps.remoteKeys)
    if (await isSignedByOne(keys, assertion, imported)) return id
    // The key may have been replaced under the same name, or under none.
    const again = client.metadata.jwks ? [] : await keysOf(client, assertion, (uri) => deps.remoteKeys(uri, () => false))
    if (await isSignedByOne(again, assertion, imported)) return id
    throw refuse({ fault: keys.length === 0 ? 'key-unknown' : 'signature' })
  }
}

/** A client that registered an algorithm is held to it; one that did not may use any of the list that its key is for. */
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

/** The issuer or the token endpoint, alone: with a second audience, that one could pass it on to us. */
function isMeantForUs(aud: unknown, { issuer, tokenEndpoint }: AssertionAudience): boolean {
  const only = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  return only === issuer || only === tokenEndpoint
}

function isInForce({ nbf, iat }: ReadAssertion['claims'], exp: number, now: number): boolean {
  const isPast = (time: unknown) => time === undefined || (typeof time === 'number' && time <= now + skew)
  return exp > now && exp <= now + longestLife + skew && isPast(nbf) && isPast(iat)
}

/** The client's keys that could have made the signature; with a `kid`, those of that name. */
async function keysOf(
  { metadata: { jwks, jwksUri } }: Client,
  { alg, kid }: ReadAssertion,
  remoteKeys: RemoteKeys,
): Promise<readonly Jwk[]> {
  const fitting = (keys: readonly Jwk[]) => keys.filter((key) => fitsAlg(key, alg) && (kid === undefined || key.kid === kid))
  if (jwks) return fitting(jwks.keys)
  if (jwksUri === undefined) throw refuse({ fault: 'no-keys' })
  try {
    return fitting(await remoteKeys(jwksUri, (keys) => fitting(keys).length > 0))
  } catch (error) {
    if (error instanceof Unavailable) throw error
    const { message, cause } = error as Error
    throw refuse({ fault: 'keys-unreachable', cause: String((cause as Error | undefined)?.message ?? message) })
  }
}

type Import = (key: Jwk, alg: string) => Promise<CryptoKey | Uint8Array>

async function isSignedByOne(keys: readonly Jwk[], assertion: ReadAssertion, imported: Import): Promise<boolean> {
  for (const key of keys) if (await isSignedBy(key, assertion, imported)) return true
  return false
}

async function isSignedBy(key: Jwk, { text, alg }: ReadAssertion, imported: Import): Promise<boolean> {
  try {
    await compactVerify(text, await imported(key, alg), { algorithms: [alg] })
    return true
  } catch {
    return false
  }
}

const mostImports = 2_000

/** Keys made ready once: to read one costs as much as to verify with it. */
function makeImports(): Import {
  const ready = new BoundedMap<string, CryptoKey | Uint8Array>(mostImports)
  return async (key, alg) => {
    const name = `${alg} ${JSON.stringify(key)}`
    const known = ready.get(name)
    if (known) return known
    const made = await importJWK({ ...key }, alg)
    ready.set(name, made)
    return made
  }
}
