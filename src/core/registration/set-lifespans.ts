import { readLifespans } from '../../protocol/hydra-client.ts'
import type { Actor } from '../audit/audit.ts'
import { type Changed, changeClient } from './change-client.ts'
import { findOrRefuse } from './find-or-refuse.ts'
import type { AdminDeps } from './registration-deps.ts'

/**
 * An administrator replaces all of a client's lifespans: what the body leaves out is cleared.
 *
 * @throws Refusal `client-not-found` before the body is looked at, then HydraFaultError
 */
export function setLifespans(deps: AdminDeps) {
  return async (clientId: string, readBody: () => unknown, actor: Actor): Promise<Changed> => {
    await findOrRefuse(deps, clientId)
    const lifespans = readLifespans(readBody())
    return changeClient(deps, clientId, actor, async ({ metadata, settings }) => ({
      given: { metadata, settings: { ...settings, lifespans } },
    }))
  }
}
