import { readHydraClient } from '../../protocol/hydra-client.ts'
import type { Actor } from '../audit/audit.ts'
import { type Changed, changeClient } from './change-client.ts'
import type { AdminDeps } from './registration-deps.ts'
import { checkSectorForAdmin } from './sector-identifier.ts'

/**
 * An administrator replaces a client: what is left out returns to its default. Without a secret the secrets stay; with one, the
 * earlier ones are forgotten. The registration token stays in force.
 *
 * @throws HydraFaultError first, as in Hydra, then Refusal `client-not-found`
 */
export function replaceClient(deps: AdminDeps) {
  return async (clientId: string, body: unknown, actor: Actor): Promise<Changed> => {
    const given = readHydraClient(body, deps.rules())
    await checkSectorForAdmin(given.metadata, deps.sectorFault)
    return changeClient(deps, clientId, actor, async () => ({ given }))
  }
}
