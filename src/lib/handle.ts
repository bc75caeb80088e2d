import { sameText, sha256 } from './hash.ts'
import { type Randomness, timedUuid } from './random.ts'

const idLength = 32

/** The id of a row that is found by a handle. It is no secret, and begins with the time (milliseconds), so that new rows are side by side. */
export const makeRowId = (randomness: Randomness, now: number): string => timedUuid(randomness, now).replaceAll('-', '')

/** A row's id, by which it is found, and 192 random bits, of which the hash is stored with the rest. */
export const makeHandle = (randomness: Randomness, id: string): string => id + Buffer.from(randomness(24)).toString('base64url')

/** The id in a handle; undefined where it is none of ours. */
export const idOfHandle = (handle: string): string | undefined =>
  /^[0-9a-f]{32}[\w-]{32}$/.test(handle) ? handle.slice(0, idLength) : undefined

export const isHandle = (handle: string, hash: string | undefined): boolean => hash !== undefined && sameText(sha256(handle), hash)
