import { sameText, sha256 } from './hash.ts'
import type { Randomness } from './random.ts'

const idLength = 32

/** 128 random bits in hexadecimal: the id of a row with a handle. */
export const makeRowId = (randomness: Randomness): string => Buffer.from(randomness(16)).toString('hex')

/** A handle: the row's id, and 192 random bits. The row has the hash of both. */
export const makeHandle = (randomness: Randomness, id: string): string => id + Buffer.from(randomness(24)).toString('base64url')

/** The id in a handle; undefined if the text is not a handle. */
export const idOfHandle = (handle: string): string | undefined =>
  /^[0-9a-f]{32}[\w-]{32}$/.test(handle) ? handle.slice(0, idLength) : undefined

export const isHandle = (handle: string, hash: string | undefined): boolean => hash !== undefined && sameText(sha256(handle), hash)
