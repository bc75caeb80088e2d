import type { Clock } from '../../lib/clock.ts'
import type { Transaction } from '../../lib/transaction.ts'
import type { Actor, Audit, AuditStore } from '../audit/audit.ts'
import { type ClientStore, headroom } from '../clients/client.ts'

/**
 * An administrator ends every access token of a client, both kinds at once, however many there are: one row is written. An unknown client
 * has none: no complaint, as in Hydra.
 */
export function endTokens(deps: { transaction: Transaction<{ clients: ClientStore; audit: AuditStore }>; clock: Clock; audit: Audit }) {
  return (clientId: string, actor: Actor): Promise<void> =>
    deps.transaction(async (tx) => {
      if (!(await tx.clients.find(clientId))) return
      await Promise.all([tx.clients.endTokens(clientId, deps.clock() + headroom), deps.audit.tokensEnded(tx, clientId, actor)])
    })
}
