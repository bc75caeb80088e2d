import { Unavailable } from '../../lib/unavailable.ts'
import { Conflict } from '../database.ts'

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

/** Of statements that leave together the first one fails, and those behind it are refused: the body may learn of these first. */
export const isAftermath = (error: unknown): boolean => codeOf(error) === '25P02'

/** Serialization failure and deadlock: the transaction should be retried. */
export const isRefusedCommit = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error))

/**
 * 08…: the connection is lost; 57P0x: the server shuts down; 25P03: the transaction had to wait for us; and what the socket and the driver
 * say. A read timeout is of the driver, which has closed the connection then.
 */
export function isLost(error: unknown): boolean {
  const code = codeOf(error)
  if (/^08|^57P0|^25P03/.test(code) || /^E[A-Z]+$/.test(code)) return true
  return code === '' && /connection|socket|terminated|read timeout/i.test((error as Error | null)?.message ?? '')
}

/**
 * Before COMMIT was sent nothing has happened, so a lost connection is as good a reason as a lost race. So is a foreign key that another
 * act pulled away meanwhile (23503): on the second try it is not there to be pointed at.
 */
export const isWorthAnotherTry = (error: unknown): boolean => isRefusedCommit(error) || isLost(error) || codeOf(error) === '23503'

/** No lock in time (55P03), a race, or a row that a foreign key refers to was deleted meanwhile (23503). */
const isConflict = (error: unknown): boolean => ['55P03', '23503'].includes(codeOf(error)) || isRefusedCommit(error)

/** Failures that pass: another session is in the way, the disk is full or memory short (53…), the statement was too slow (57014). */
export function explain(error: unknown): unknown {
  if (isConflict(error)) return new Conflict(error)
  if (/^53|^57014|^25006/.test(codeOf(error)) || isLost(error))
    return new Unavailable('the database cannot do this now', 5, { cause: error })
  return error
}
