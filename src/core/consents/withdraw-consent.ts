import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { GrantStore } from '../grants/grant.ts'

/** One consent, or those of a person, for one client or for all. */
export type ConsentSelection = { readonly id: string } | { readonly subject: string; readonly clientId?: string }

/**
 * Withdraws consents, for the person or for an administrator: all their tokens are revoked, and they are not remembered. It marks the
 * grants by one write, however many there are, so it does not count them; a job removes their rows.
 */
export function withdrawConsent(deps: {
  transaction: Transaction<{ grants: GrantStore; audit: AuditStore }>
  audit: Audit
  clock: Clock
  removeLater: () => void
}) {
  /** @returns whether there was anything to withdraw */
  return (which: ConsentSelection, actor: Actor): Promise<boolean> =>
    deps.transaction(async (tx) => {
      if (!(await tx.grants.withdraw(which, deps.clock()))) return false
      await deps.audit.consentsWithdrawn(tx, actor, { ...which })
      tx.afterCommit(deps.removeLater)
      return true
    })
}
