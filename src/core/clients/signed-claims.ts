import { decodeJwt, decodeProtectedHeader } from 'jose'
import { assertionSigningAlgs } from '../../protocol/grant-types.ts'

/** A parsed JWT of a client. Its signature has not been verified. */
export interface SignedClaims {
  readonly text: string
  readonly alg: string
  readonly kid: string | undefined
  /** As received; any JSON value. */
  readonly typ: unknown
  readonly claims: Readonly<Record<string, unknown>>
}

/** Why a JWT is refused before its signature is verified. */
export type UnreadableFault = { readonly fault: 'malformed' } | { readonly fault: 'alg-unsupported'; readonly alg: string }

/** Parses a compact JWT whose algorithm is supported (RFC 8725 §3.1): asymmetric ones only, never `none`. */
export function readSigned(text: string): SignedClaims | UnreadableFault {
  const parts = takeApart(text)
  if (!parts) return { fault: 'malformed' }
  const { alg, kid, typ, claims } = parts
  if (!assertionSigningAlgs.includes(alg as never)) return { fault: 'alg-unsupported', alg: asText(alg).slice(0, 20) }
  return { text, alg: alg as string, kid: typeof kid === 'string' ? kid : undefined, typ, claims }
}

/**
 * Whether a `typ` is absent or one of `types`, which are in lower case and without `application/`. It is compared as a media type:
 * case-insensitively, and `application/` may be left out (RFC 7515 §4.1.9).
 */
export const isOfType = (typ: unknown, types: readonly string[]): boolean =>
  typ === undefined || (typeof typ === 'string' && types.includes(typ.toLowerCase().replace(/^application\//, '')))

/** Any JSON value as text. `String` would call a `toString` member that the sender chose. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : String(JSON.stringify(value)))

function takeApart(text: string): { alg: unknown; kid: unknown; typ: unknown; claims: Record<string, unknown> } | undefined {
  try {
    const { alg, kid, typ } = decodeProtectedHeader(text)
    return { alg, kid, typ, claims: decodeJwt(text) }
  } catch {
    return undefined
  }
}
