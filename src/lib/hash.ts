import { hash, timingSafeEqual } from 'node:crypto'

/**
 * SHA-256 in base64url, for values that carry 155 bits of chance or more: there is nothing to slow down a guesser for.
 * It is how every token and machine-made secret rests in the database.
 */
export const sha256 = (value: string): string => hash('sha256', value, 'base64url')

/** Whether two texts are equal, in a time that does not tell where they differ (only their lengths show). */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
