import { decodeJwt, decodeProtectedHeader } from 'jose'
import { assertionSigningAlgs } from '../../protocol/grant-types.ts'

/** A JWT of a client that was taken apart, and nothing more: whether its signature is good is not known yet. */
export interface SignedClaims {
  readonly text: string
  readonly alg: string
  readonly kid: string | undefined
  /** As it came; whatever it says. */
  readonly typ: unknown
  readonly claims: Readonly<Record<string, unknown>>
}

/** Why a JWT is not worth a look at its signature. */
export type UnreadableFault = { readonly fault: 'malformed' } | { readonly fault: 'alg-unsupported'; readonly alg: string }

/** The parts of a JWT in compact form whose algorithm is on the list (RFC 8725 §3.1): a private key makes the signature, and never `none`. */
export function readSigned(text: string): SignedClaims | UnreadableFault {
  const parts = takeApart(text)
  if (!parts) return { fault: 'malformed' }
  const { alg, kid, typ, claims } = parts
  if (!assertionSigningAlgs.includes(alg as never)) return { fault: 'alg-unsupported', alg: asText(alg).slice(0, 20) }
  return { text, alg: alg as string, kid: typeof kid === 'string' ? kid : undefined, typ, claims }
}

/**
 * Whether a `typ` is one of `types`, which are in lower case and without `application/`, or was left out. As a media type it is
 * compared without regard to case, and `application/` may be left out (RFC 7515 §4.1.9).
 */
export const isOfType = (typ: unknown, types: readonly string[]): boolean =>
  typ === undefined || (typeof typ === 'string' && types.includes(typ.toLowerCase().replace(/^application\//, '')))

/** Any JSON as text; `String` runs into what a stranger calls `toString`. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : String(JSON.stringify(value)))

function takeApart(text: string): { alg: unknown; kid: unknown; typ: unknown; claims: Record<string, unknown> } | undefined {
  try {
    const { alg, kid, typ } = decodeProtectedHeader(text)
    return { alg, kid, typ, claims: decodeJwt(text) }
  } catch {
    return undefined
  }
}
