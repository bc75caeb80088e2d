import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import type { GrantStore } from '../tokens/grant.ts'

/** Which consents: one, or a person's, for one client or for all. */
export type ConsentSelection = { readonly id: string } | { readonly subject: string; readonly clientId?: string }

/** What a person granted is withdrawn, by himself or by an administrator: every token of it ends, and nothing of it is remembered. */
export function withdrawConsent(deps: { transaction: Transaction<{ grants: GrantStore; audit: AuditStore }>; audit: Audit }) {
  /** @returns how many grants that were */
  return (which: ConsentSelection, actor: Actor): Promise<number> =>
    deps.transaction(async (tx) => {
      const withdrawn = await tx.grants.withdraw(which)
      if (withdrawn > 0) await deps.audit.consentsWithdrawn(tx, actor, { ...which, withdrawn })
      return withdrawn
    })
}
