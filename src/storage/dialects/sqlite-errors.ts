import { Unavailable } from '../../lib/unavailable.ts'

/** SQLite's result codes for a database that cannot take the act now, though nothing is wrong with the act. */
const passing = new Map([
  [5, 'the database is locked by another process'],
  [6, 'the database is locked'],
  [7, 'out of memory'],
  [8, 'the database cannot be written'],
  [10, 'the disk could not be read or written'],
  [13, 'the disk is full'],
  [14, 'a file of the database cannot be opened'],
  [15, 'the database is locked by another process'],
])

/** Seconds after which a caller may try again. */
const retryAfter = 5

/** The primary result code, which is the low byte of an extended one; undefined where SQLite did not say it. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Whether another process holds the lock that a statement needs (SQLITE_BUSY, and SQLITE_PROTOCOL where many want it at once). */
export const isLocked = (error: unknown): boolean => [5, 15].includes(codeOf(error) ?? 0)

/** Whether the trouble passes: SQLite's own error, not what became of it. */
export const isPassing = (error: unknown): boolean => passing.has(codeOf(error) ?? 0)

/** `Unavailable` in place of a passing error; every other error as it is. */
export function explain(error: unknown): unknown {
  const words = passing.get(codeOf(error) ?? 0)
  return words === undefined ? error : new Unavailable(words, retryAfter, { cause: error })
}
