import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { GrantStore } from '../grants/grant.ts'

/** Which consents: one, or a person's, for one client or for all. */
export type ConsentSelection = { readonly id: string } | { readonly subject: string; readonly clientId?: string }

/**
 * What a person granted is withdrawn, by the person or by an administrator: every token of it ends, and nothing of it is remembered. The
 * act writes as much for one grant as for a million, so it does not return how many there were; a job removes them.
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
