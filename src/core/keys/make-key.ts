import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { Refusal } from '../../lib/refusal.ts'
import type { Sealer } from '../../lib/seal.ts'
import { isUsableKey, type Jwk, keyMembers, publicHalf, signingAlgorithms, usableKeys } from '../../protocol/jwks.ts'
import type { NewSigningKey, SigningKey } from './signing-key.ts'

export type KeyRefusal =
  | { readonly kind: 'key-algorithm-unsupported'; readonly alg: unknown }
  | { readonly kind: 'key-malformed'; readonly message: string }
  | { readonly kind: 'key-id-taken'; readonly kid: string }
  | { readonly kind: 'key-algorithm-in-use'; readonly algs: readonly string[]; readonly clients: number | '1000+' }
  | { readonly kind: 'key-set-not-found' }
  | { readonly kind: 'key-not-found' }

export const keyRefusal = (reason: KeyRefusal) => new Refusal<KeyRefusal>(reason)

/** Milliseconds that an imported key stays published at least, because it may have signed tokens elsewhere just before. */
const tokensFromElsewhere = 86_400_000

/** What is decided about a key before it is generated or imported. */
export interface KeyFacts {
  readonly set: string
  readonly kid: string
  readonly createdAt: number
  readonly signsFrom: number
}

/**
 * Generates a key pair. RSA keys have 2048 bits, which is sufficient until 2030 (NIST SP 800-57) and signs fast.
 *
 * @throws Refusal `key-algorithm-unsupported`
 */
export async function generateKey(alg: string, use: string, facts: KeyFacts, sealer: Sealer): Promise<NewSigningKey> {
  if (!signingAlgorithms.includes(alg)) throw keyRefusal({ kind: 'key-algorithm-unsupported', alg })
  const { privateKey } = await generateKeyPair(alg, { modulusLength: 2048, extractable: true })
  return keyOf({ ...(await exportJWK(privateKey)), use, alg }, alg, facts, sealer)
}

/**
 * Imports a key pair, or a public key alone.
 *
 * @throws Refusal `key-algorithm-unsupported` or `key-malformed`: symmetric, too weak, or halves that do not belong together
 */
export async function importKey(jwk: Jwk, facts: KeyFacts, sealer: Sealer): Promise<NewSigningKey> {
  const alg = jwk.alg === undefined || jwk.alg === '' ? defaultAlgorithm(jwk) : jwk.alg
  if (typeof alg !== 'string' || !signingAlgorithms.includes(alg)) throw keyRefusal({ kind: 'key-algorithm-unsupported', alg })
  if (!isUsableKey(jwk)) throw malformed(facts.kid, `is not a valid key: ${usableKeys}`)
  const key = Object.fromEntries(Object.entries(jwk).filter(([member]) => keyMembers.includes(member)))
  if (!(await isConsistent({ ...key, alg }, alg))) throw malformed(facts.kid, `is not a complete and consistent key for ${alg}`)
  return { ...keyOf({ ...key, use: jwk.use ?? 'sig', alg }, alg, facts, sealer), lastExpiry: facts.createdAt + tokensFromElsewhere }
}

const malformed = (kid: string, what: string) => keyRefusal({ kind: 'key-malformed', message: `The key '${kid}' ${what}.` })

function defaultAlgorithm({ kty, crv }: Jwk): string | undefined {
  if (kty === 'RSA') return 'RS256'
  return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' }[String(crv)]
}

/** Whether the public half can be read, and verifies what the private half signs, if there is one. */
async function isConsistent(jwk: Jwk, alg: string): Promise<boolean> {
  try {
    const check = await importJWK(publicHalf(jwk) as JWK, alg)
    if (jwk.d === undefined) return true
    const probe = await new SignJWT({}).setProtectedHeader({ alg }).sign(await importJWK(jwk as JWK, alg))
    return (await jwtVerify(probe, check)) !== undefined
  } catch {
    return false
  }
}

function keyOf(jwk: Jwk, alg: string, facts: KeyFacts, sealer: Sealer): NewSigningKey {
  const { use, kty, ...material } = jwk
  const whole = { use, kty, kid: facts.kid, ...material }
  const sealed = jwk.d === undefined ? {} : { sealedPrivateJwk: sealer.seal(JSON.stringify(whole), facts.kid) }
  return { ...facts, alg, publicJwk: publicHalf(whole), ...sealed }
}

/**
 * The key with its private half, if that is stored.
 *
 * @throws Error if no configured secret decrypts it
 */
export function wholeJwk(
  { kid, set, publicJwk, sealedPrivateJwk }: Pick<SigningKey, 'kid' | 'set' | 'publicJwk' | 'sealedPrivateJwk'>,
  sealer: Sealer,
): Jwk {
  if (sealedPrivateJwk === undefined) return publicJwk
  const opened = sealer.open(sealedPrivateJwk, kid)
  if (!opened) throw new Error(`no secret of secrets.system decrypts the signing key ${kid} of ${set}`)
  return JSON.parse(opened.plain)
}
