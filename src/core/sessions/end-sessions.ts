import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { LogoutStores } from './answer-logout.ts'

/**
 * An administrator ends a login session by its `sid`, or all of a person; the clients that took part are told. Tokens live on, as in
 * Hydra: they end with the consent, or when they are revoked.
 */
export function endSessions<Stores extends Omit<LogoutStores, 'logouts'> & { audit: AuditStore }>(deps: {
  transaction: Transaction<Stores>
  announce: (tx: Stores & { afterCommit(effect: () => void): void }, sessionId: string, now: number) => Promise<void>
  audit: Audit
  clock: Clock
}) {
  return (which: { sid: string } | { subject: string }, actor: Actor): Promise<void> =>
    deps.transaction(async (tx) => {
      const ended = 'sid' in which ? ((await tx.sessions.end(which.sid)) ? [which.sid] : []) : await tx.sessions.endAll(which.subject)
      if (ended.length > 0) await deps.audit.sessionsEnded(tx, actor, { ...which, ended: ended.length })
      for (const sessionId of ended) await deps.announce(tx, sessionId, deps.clock())
    })
}
