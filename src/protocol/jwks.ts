import { createPublicKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

/** A JSON Web Key (RFC 7517), whatever its kind. */
export type Jwk = Readonly<Record<string, unknown>>

export interface Jwks {
  readonly keys: readonly Jwk[]
}

/**
 * What this server can sign with. Asymmetric all of them: whoever checks a token needs no secret of ours. HMAC is refused, as in Hydra.
 */
export const signingAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
]

/** What ID tokens are signed with where the client registered nothing; every OpenID client must understand it (OpenID Connect Core §15.1). */
export const defaultSigningAlg = 'RS256'

/** The members that make a key private or symmetric (RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2). */
export const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** The members of an asymmetric public key that are registered (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). */
const publicMembers = [...['kty', 'use', 'key_ops', 'alg', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256'], ...['crv', 'x', 'y', 'n', 'e']]
/** The same with those of the private half. */
export const keyMembers: readonly string[] = [...publicMembers, ...secretMembers.filter((member) => member !== 'oth' && member !== 'k')]
/** The members that tell which signatures a key verifies, and verify them. */
const verifyingMembers = ['kty', 'use', 'key_ops', 'alg', 'kid', 'crv', 'x', 'y', 'n', 'e']

const pick = (jwk: Jwk, members: readonly string[]): Jwk =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => members.includes(member)))

/** What is kept of a client's key: its registered public members. */
export const knownPublicHalf = (jwk: Jwk): Jwk => pick(jwk, publicMembers)

/** What is kept of a key that is only there to verify with: without its certificates, which may be many times as large. */
export const verifyingHalf = (jwk: Jwk): Jwk => pick(jwk, verifyingMembers)

/** How large the key set of a client may be. Bytes are those of its JSON. */
const mostKeys = 16
const mostBytes = 32 * 1024

const sizeOf = (keys: readonly unknown[]): number => Buffer.byteLength(JSON.stringify({ keys }))

/**
 * Why a client may not have so large a key set, or undefined where it may. A set that does not grow stays allowed.
 *
 * @param before the keys in force
 */
export function keySetSizeFault(keys: readonly unknown[], before: readonly Jwk[] = []): string | undefined {
  if (keys.length > Math.max(mostKeys, before.length)) return `must not hold more than ${mostKeys} keys`
  const isLarge = sizeOf(keys) > mostBytes && sizeOf(keys) > sizeOf(before)
  return isLarge ? `must not be larger than ${mostBytes / 1024} KiB` : undefined
}

/** Whether a key is in force already, as far as it is kept. */
export const isKept = (before: readonly Jwk[], key: Jwk): boolean => isAmong(before.map(knownPublicHalf), knownPublicHalf(key))

export const isAmong = (keys: readonly Jwk[], key: Jwk): boolean => keys.some((one) => isSameJwk(one, key))

/** What a key must be, for those who bring another. */
export const usableKeys = 'use RSA of 2048 to 4096 bits with an odd exponent from 3 to 32 bits, EC or OKP'

/** Whether the public half of this key can be read, is strong enough to be worth having (RFC 7518 §3.3), and cheap to verify with. */
export function isUsableKey(jwk: Jwk): boolean {
  if (!hasSoundShape(jwk)) return false
  try {
    return createPublicKey({ key: publicHalf(jwk) as never, format: 'jwk' }) !== undefined
  } catch {
    return false
  }
}

/** The same as far as it can be told without looking at the numbers: for those who read many keys and use few. */
export function hasSoundShape({ kty, crv, x, n, e }: Jwk): boolean {
  if (kty === 'RSA') return isSoundModulus(numberOf(n)) && isSoundExponent(numberOf(e))
  return (kty === 'EC' || kty === 'OKP') && typeof crv === 'string' && typeof x === 'string'
}

/** The bytes of an unsigned number (RFC 7518 §2) without leading zeros; undefined for what is none, or longer than any of ours. */
function numberOf(text: unknown): Buffer | undefined {
  if (typeof text !== 'string' || text.length > 1024) return undefined
  const bytes = Buffer.from(text, 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? undefined : bytes.subarray(first)
}

const bitsOf = (bytes: Buffer): number => bytes.length * 8 - (Math.clz32(bytes[0] as number) - 24)
const isOdd = (bytes: Buffer): boolean => ((bytes.at(-1) as number) & 1) === 1

/** To verify costs the square of the modulus' length: with 16384 bits, 16 times as much as with 4096. */
const isSoundModulus = (n: Buffer | undefined): boolean => n !== undefined && isOdd(n) && bitsOf(n) >= 2048 && bitsOf(n) <= 4096

/** To verify costs the length of the exponent: with 3071 bits, a hundred times as much as with 32. */
const isSoundExponent = (e: Buffer | undefined): boolean => e !== undefined && isOdd(e) && bitsOf(e) >= 2 && bitsOf(e) <= 32

/** The key without what would make it private. */
export const publicHalf = (jwk: Jwk): Jwk => Object.fromEntries(Object.entries(jwk).filter(([member]) => !secretMembers.includes(member)))

/** Whether both have the same members with the same values. */
export const isSameJwk = (a: Jwk, b: Jwk): boolean => isDeepStrictEqual({ ...a }, { ...b })

const keyTypes: Readonly<Record<string, readonly [kty: string, crv?: string]>> = {
  RS: ['RSA'],
  PS: ['RSA'],
  ES256: ['EC', 'P-256'],
  ES384: ['EC', 'P-384'],
  ES512: ['EC', 'P-521'],
  EdDSA: ['OKP', 'Ed25519'],
  Ed25519: ['OKP', 'Ed25519'],
}

/** Whether a public key may verify signatures of this algorithm: its kind, and what it says of its own use (RFC 7517 §4.2 to 4.4). */
export function fitsAlg(key: Jwk, alg: string): boolean {
  const [kty, crv] = keyTypes[alg] ?? keyTypes[alg.slice(0, 2)] ?? []
  const isForSignatures = (key.use ?? 'sig') === 'sig' && (!Array.isArray(key.key_ops) || key.key_ops.includes('verify'))
  const isOfKind = kty !== undefined && key.kty === kty && (crv === undefined || key.crv === crv)
  const isTwinName = kty === 'OKP' && typeof key.alg === 'string' && keyTypes[key.alg]?.[0] === 'OKP'
  return isForSignatures && isOfKind && (key.alg === undefined || key.alg === alg || isTwinName)
}
