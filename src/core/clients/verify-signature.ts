import { type CryptoKey, compactVerify, importJWK } from 'jose'
import { BoundedMap } from '../../lib/bounded-map.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { fitsAlg, type Jwk } from '../../protocol/jwks.ts'
import type { Client } from './client.ts'
import type { RemoteKeys } from './remote-keys.ts'
import type { SignedClaims } from './signed-claims.ts'

/** Why no key of the client vouches for what was signed. */
export type SignatureFault =
  | { readonly fault: 'no-keys' | 'key-unknown' | 'signature' }
  /** `cause` is for our log. */
  | { readonly fault: 'keys-unreachable'; readonly cause: string }

type Signed = Pick<SignedClaims, 'text' | 'alg' | 'kid'>

/**
 * What is wrong with a signature that a client is said to have made, or undefined where one of its keys made it: those it registered, or
 * those at its `jwks_uri`.
 *
 * @throws Unavailable where too many key sets are being fetched
 */
export function signatureFault({ remoteKeys }: { remoteKeys: RemoteKeys }) {
  const imported = makeImports()
  return async (client: Client, signed: Signed): Promise<SignatureFault | undefined> => {
    const keys = await keysOf(client, signed, remoteKeys)
    if ('fault' in keys) return keys
    if (await isSignedByOne(keys, signed, imported)) return undefined
    // The key may have been replaced under the same name, or under none.
    const again = client.metadata.jwks ? [] : await keysOf(client, signed, (uri) => remoteKeys(uri, () => false))
    if ('fault' in again) return again
    if (await isSignedByOne(again, signed, imported)) return undefined
    return { fault: keys.length === 0 ? 'key-unknown' : 'signature' }
  }
}

/** The client's keys that could have made the signature; with a `kid`, those of that name. */
async function keysOf(
  { metadata: { jwks, jwksUri } }: Client,
  { alg, kid }: Signed,
  remoteKeys: RemoteKeys,
): Promise<readonly Jwk[] | SignatureFault> {
  const fitting = (keys: readonly Jwk[]) => keys.filter((key) => fitsAlg(key, alg) && (kid === undefined || key.kid === kid))
  if (jwks) return fitting(jwks.keys)
  if (jwksUri === undefined) return { fault: 'no-keys' }
  try {
    return fitting(await remoteKeys(jwksUri, (keys) => fitting(keys).length > 0))
  } catch (error) {
    if (error instanceof Unavailable) throw error
    const { message, cause } = error as Error
    return { fault: 'keys-unreachable', cause: String((cause as Error | undefined)?.message ?? message) }
  }
}

type Import = (key: Jwk, alg: string) => Promise<CryptoKey | Uint8Array>

async function isSignedByOne(keys: readonly Jwk[], signed: Signed, imported: Import): Promise<boolean> {
  for (const key of keys) if (await isSignedBy(key, signed, imported)) return true
  return false
}

async function isSignedBy(key: Jwk, { text, alg }: Signed, imported: Import): Promise<boolean> {
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
