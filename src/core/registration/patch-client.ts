import { isDeepStrictEqual } from 'node:util'
import { Refusal } from '../../lib/refusal.ts'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import { readHydraClient } from '../../protocol/hydra-client.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { applyPatch } from '../../protocol/json-patch.ts'
import type { Actor } from '../audit/audit.ts'
import type { Client } from '../clients/client.ts'
import { type Change, type Changed, changeClient } from './change-client.ts'
import { findOrRefuse } from './find-or-refuse.ts'
import type { AdminDeps } from './registration-deps.ts'
import { checkSectorForAdmin } from './sector-identifier.ts'

/** The patch cannot be applied; the message says which operation and why. */
export interface PatchRefusal {
  readonly kind: 'patch-refused'
  readonly message: string
}

/**
 * An administrator patches a client (RFC 6902) in the form in which the admin face shows it. `client_secret` reads as empty: setting
 * it sets a new secret, removing it forgets the earlier ones and keeps the current one.
 *
 * @throws Refusal `client-not-found` first, then `patch-refused`; HydraFaultError where the result is no valid client
 */
export function patchClient(deps: AdminDeps) {
  return async (clientId: string, readPatch: () => unknown, actor: Actor): Promise<Changed> => {
    await findOrRefuse(deps, clientId)
    const patch = readPatch()
    return changeClient(deps, clientId, actor, async (before) => {
      const change = applied(before, patch, deps)
      if (changesSector(before.metadata, change.given.metadata)) await checkSectorForAdmin(change.given.metadata, deps.sectorFault)
      return change
    })
  }
}

/** What a patch leaves alone was checked when it was set: a sector that is away must not keep a client from getting a new logo. */
const changesSector = (before: ClientMetadata, after: ClientMetadata): boolean =>
  before.sectorIdentifierUri !== after.sectorIdentifierUri || !isDeepStrictEqual(before.redirectUris, after.redirectUris)

function applied(before: Client, patch: unknown, deps: AdminDeps): Change {
  const document: Record<string, unknown> = { ...hydraClientJson(before, 'read'), client_secret: '' }
  const patched = patch === null ? document : applyPatch(document, patch)
  if (typeof patched === 'string') throw new Refusal<PatchRefusal>({ kind: 'patch-refused', message: patched })
  if (patched.client_id !== undefined && patched.client_id !== before.clientId) {
    throw new Refusal<PatchRefusal>({ kind: 'patch-refused', message: 'client_id cannot be changed' })
  }
  return { given: readHydraClient(patched, deps.rules()), forgetRotated: !('client_secret' in patched) }
}
