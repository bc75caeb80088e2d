import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { LogoutStores } from './answer-logout.ts'

/**
 * An administrator ends a login session by its `sid`, or all of a person; the clients that took part are told, of all sessions by
 * `removeEndedSessions`. Tokens live on, as in Hydra: they end with the consent, or when they are revoked.
 */
export function endSessions<Stores extends Omit<LogoutStores, 'logouts'> & { audit: AuditStore }>(deps: {
  transaction: Transaction<Stores>
  announce: (tx: Stores & { afterCommit(effect: () => void): void }, sessionId: string, now: number) => Promise<void>
  audit: Audit
  clock: Clock
  removeLater: () => void
}) {
  return (which: { sid: string } | { subject: string }, actor: Actor): Promise<void> =>
    deps.transaction(async (tx) => {
      const now = deps.clock()
      const isEnded = await ('sid' in which ? tx.sessions.end(which.sid) : tx.sessions.endAll(which.subject, now))
      if (!isEnded) return
      await deps.audit.sessionsEnded(tx, actor, { ...which })
      if ('sid' in which) await deps.announce(tx, which.sid, now)
      else tx.afterCommit(deps.removeLater)
    })
}

/** How many sessions are removed in one transaction: each may have several clients to tell. */
const atOnce = 20

/** Removes, a part at each call, sessions that ended together, and queues what their clients are to be told. How many they were. */
export function removeEndedSessions<Stores extends Omit<LogoutStores, 'logouts'>>(deps: {
  transaction: Transaction<Stores>
  announce: (tx: Stores & { afterCommit(effect: () => void): void }, sessionId: string, now: number) => Promise<void>
}) {
  return (now: number): Promise<number> =>
    deps.transaction(async (tx) => {
      const ended = await tx.sessions.removeEnded(now, atOnce)
      for (const sessionId of ended) await deps.announce(tx, sessionId, now)
      return ended.length
    })
}
