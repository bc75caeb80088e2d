import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import { type ClientStore, clockSkew } from '../clients/client.ts'

/**
 * Revokes all access tokens of a client, opaque and JWT, for an administrator. It writes one row, however many tokens there are. For an
 * unknown client nothing happens, as in Hydra.
 */
export function endTokens(deps: { transaction: Transaction<{ clients: ClientStore; audit: AuditStore }>; clock: Clock; audit: Audit }) {
  return (clientId: string, actor: Actor): Promise<void> =>
    deps.transaction(async (tx) => {
      if (!(await tx.clients.find(clientId))) return
      await Promise.all([tx.clients.endTokens(clientId, deps.clock() + clockSkew), deps.audit.tokensEnded(tx, clientId, actor)])
    })
}
