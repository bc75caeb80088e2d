import { hash } from 'node:crypto'

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
export const isCodeVerifier = (text: string): boolean => /^[A-Za-z0-9\-._~]{43,128}$/.test(text)

/** RFC 7636 §4.2, method S256: the SHA-256 of the verifier in base64url. Compare it in constant time. */
export const s256 = (verifier: string): string => hash('sha256', verifier, 'base64url')

/** Whether this could be what `s256` makes: 43 characters of base64url without padding (RFC 7636 §4.2). */
export const isCodeChallenge = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)
