import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256, for values that carry 155 bits of chance or more: there is nothing to slow down a guesser for. */
export function sha256(value: string | Uint8Array): Buffer {
  return hash('sha256', value, 'buffer')
}

/** Whether two digests are equal, in a time that does not tell where they differ. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
