import { sameText, sha256 } from './hash.ts'
import { type Randomness, timedUuid } from './random.ts'

const idLength = 32

/** The id of a row with a handle. It is not secret, and begins with the time (milliseconds), so that new rows are side by side. */
export const makeRowId = (randomness: Randomness, now: number): string => timedUuid(randomness, now).replaceAll('-', '')

/** A handle: the row's id, and 192 random bits. The row has the hash of both. */
export const makeHandle = (randomness: Randomness, id: string): string => id + Buffer.from(randomness(24)).toString('base64url')

/** The id in a handle; undefined if the text is not a handle. */
export const idOfHandle = (handle: string): string | undefined =>
  /^[0-9a-f]{32}[\w-]{32}$/.test(handle) ? handle.slice(0, idLength) : undefined

export const isHandle = (handle: string, hash: string | undefined): boolean => hash !== undefined && sameText(sha256(handle), hash)
