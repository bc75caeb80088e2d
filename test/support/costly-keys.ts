import { generateKeyPairSync, randomBytes } from 'node:crypto'

const numberOf = (text: unknown): bigint => BigInt(`0x${Buffer.from(String(text), 'base64url').toString('hex')}`)

/** An integer in the form of a JWK (RFC 7518 §2). */
export const textOf = (value: bigint): string => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

/** A public RSA key made from its numbers, without a private key. */
export function rsaJwk({ bits = 2048, e = 65_537n as bigint, isOdd = true } = {}): Record<string, unknown> {
  const n = (1n << BigInt(bits - 1)) | (numberOf(randomBytes((bits >> 3) - 1).toString('base64url')) & ~1n) | (isOdd ? 1n : 0n)
  return { kty: 'RSA', n: textOf(n), e: textOf(e) }
}

/** An RSA key of 2048 bits with a public exponent of the same length: its signatures are valid and a hundred times as slow to verify. */
export function keyWithLongExponent(): { publicJwk: Record<string, unknown>; privateJwk: Record<string, unknown> } {
  const usual = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  // Exponents that differ by a multiple of (p - 1)(q - 1) are equivalent.
  const e = textOf(numberOf(usual.e) + (numberOf(usual.p) - 1n) * (numberOf(usual.q) - 1n))
  return { publicJwk: { kty: 'RSA', n: usual.n, e }, privateJwk: { ...usual } }
}
