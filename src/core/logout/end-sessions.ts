import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { LogoutStores } from './answer-logout.ts'

/**
 * Ends a login session by its `sid`, or all sessions of a person, for an administrator. The logout tokens of one session are queued here,
 * those of all sessions by `removeEndedSessions`. Access and refresh tokens stay valid, as in Hydra, until the consent is withdrawn or
 * they are revoked.
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

/** How many sessions are removed in one transaction; few, because each may have up to a hundred clients. */
const batch = 20

/** Removes a batch of the sessions that were ended together, and queues the logout tokens for their clients. Returns how many it removed. */
export function removeEndedSessions<Stores extends Omit<LogoutStores, 'logouts'>>(deps: {
  transaction: Transaction<Stores>
  announce: (tx: Stores & { afterCommit(effect: () => void): void }, sessionId: string, now: number) => Promise<void>
}) {
  return (now: number): Promise<number> =>
    deps.transaction(async (tx) => {
      const ended = await tx.sessions.removeEnded(now, batch)
      for (const sessionId of ended) await deps.announce(tx, sessionId, now)
      return ended.length
    })
}
