import { sha256 } from '../lib/hash.ts'

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
export const isCodeVerifier = (text: string): boolean => /^[A-Za-z0-9\-._~]{43,128}$/.test(text)

/** RFC 7636 §4.2: what `S256` makes of a verifier is 43 characters of base64url. */
export const isCodeChallenge = (text: string): boolean => /^[\w-]{43}$/.test(text)

export const s256 = (verifier: string): string => sha256(verifier)
