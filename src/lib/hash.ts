import { hash, timingSafeEqual } from 'node:crypto'

/**
 * SHA-256 in base64url, for values with 155 random bits or more, which need no slow hash. Tokens and generated secrets are stored as this
 * hash.
 */
export const sha256 = (value: string): string => hash('sha256', value, 'base64url')

/** Whether two texts are equal, in constant time (except that a difference of lengths is visible). */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
