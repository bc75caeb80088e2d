import { type CryptoKey, compactVerify, importJWK } from 'jose'
import { BoundedMap } from '../../lib/bounded-map.ts'
import { sha256 } from '../../lib/hash.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { fitsAlg, hasSoundShape, isAmong, type Jwk, verifyingHalf } from '../../protocol/jwks.ts'
import type { Client } from './client.ts'
import type { RemoteKeys } from './remote-keys.ts'
import type { SignedClaims } from './signed-claims.ts'

/** Why no key of the client verifies the signature. */
export type SignatureFault =
  | { readonly fault: 'no-keys' | 'key-unknown' | 'signature' }
  /** `cause` is for the log only. */
  | { readonly fault: 'keys-unreachable'; readonly cause: string }

type Signed = Pick<SignedClaims, 'text' | 'alg' | 'kid'>

/**
 * How many keys are tried. With a `kid` one key fits; without one the client decides how many do, so there is a limit. Verifying a P-521
 * signature takes two milliseconds, any other at most one (decision 0030).
 */
const mostTried = (alg: string): number => (alg === 'ES512' ? 2 : 4)

/**
 * What is wrong with a client's signature, or undefined where one of its keys made it: of those it registered, or those at its
 * `jwks_uri`.
 *
 * @throws Unavailable where too many key sets are being fetched
 */
export function signatureFault({ remoteKeys }: { remoteKeys: RemoteKeys }) {
  const imported = makeImports()
  return async (client: Client, signed: Signed): Promise<SignatureFault | undefined> => {
    const keys = await keysOf(client, signed, remoteKeys)
    if ('fault' in keys) return keys
    if (await isSignedByOne(keys, signed, imported)) return undefined
    // The key may have been replaced under the same `kid`, or without a `kid`.
    const again = client.metadata.jwks
      ? []
      : await keysOf(client, signed, (uri, wanted) => remoteKeys(uri, { ...wanted, isOutdated: true }))
    if ('fault' in again) return again
    const others = again.filter((key) => !isAmong(keys, key))
    if (await isSignedByOne(others, signed, imported)) return undefined
    return { fault: keys.length === 0 ? 'key-unknown' : 'signature' }
  }
}

/** The client's keys that can have made the signature, the likeliest first. */
async function keysOf(
  { metadata: { jwks, jwksUri } }: Client,
  signed: Signed,
  remoteKeys: RemoteKeys,
): Promise<readonly Jwk[] | SignatureFault> {
  if (jwks) return fitting(jwks.keys, signed)
  if (jwksUri === undefined) return { fault: 'no-keys' }
  try {
    const { kid, alg } = signed
    return fitting(await remoteKeys(jwksUri, { kid, alg, suits: (keys) => fitting(keys, signed).length > 0 }), signed)
  } catch (error) {
    if (error instanceof Unavailable) throw error
    const { message, cause } = error as Error
    return { fault: 'keys-unreachable', cause: String((cause as Error | undefined)?.message ?? message) }
  }
}

/** With a `kid`, the keys of that name; without one, keys that name an `alg` or a `use` before the others. */
function fitting(keys: readonly Jwk[], { alg, kid }: Signed): readonly Jwk[] {
  const able = keys.filter((key) => fitsAlg(key, alg) && (kid === undefined || key.kid === kid) && hasSoundShape(key))
  const likelihood = (key: Jwk): number => Number(key.alg !== undefined) * 2 + Number(key.use !== undefined)
  return able.toSorted((a, b) => likelihood(b) - likelihood(a)).slice(0, mostTried(alg))
}

type Import = (key: Jwk, alg: string) => Promise<CryptoKey | Uint8Array>

async function isSignedByOne(keys: readonly Jwk[], signed: Signed, imported: Import): Promise<boolean> {
  for (const key of keys) if (await isSignedBy(key, signed, imported)) return true
  return false
}

async function isSignedBy(key: Jwk, { text, alg }: Signed, imported: Import): Promise<boolean> {
  try {
    const { protectedHeader } = await compactVerify(text, await imported(key, alg), { algorithms: [alg] })
    // RFC 7797 §7: no JWT has an unencoded payload.
    return protectedHeader.b64 !== false
  } catch {
    return false
  }
}

const mostImports = 2_000

/** Caches imported keys: importing one costs as much as verifying with it. */
function makeImports(): Import {
  const ready = new BoundedMap<string, CryptoKey | Uint8Array>(mostImports)
  return async (key, alg) => {
    const material = verifyingHalf(key)
    const name = sha256(JSON.stringify([alg, material]))
    const known = ready.get(name)
    if (known) return known
    const made = await importJWK({ ...material }, alg)
    ready.set(name, made)
    return made
  }
}
