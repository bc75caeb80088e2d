import { checkAgainstClient, type HydraClient } from '../../protocol/hydra-client.ts'
import type { Actor } from '../audit/audit.ts'
import type { Client } from '../clients/client.ts'
import { writtenByAdmin } from '../clients/standing.ts'
import { findOrRefuse } from './find-or-refuse.ts'
import { secretFor, warnOfBcrypt } from './given-secret.ts'
import type { AdminDeps } from './registration-deps.ts'
import { retryOnConflict, VersionConflict } from './version-conflict.ts'

/** A changed client, and its secret where a new one was set. */
export interface Changed {
  readonly client: Client
  readonly clientSecret?: string
}

/** What a change makes of a client: the client as it is to be, and whether its earlier secrets are to be forgotten. */
export interface Change {
  readonly given: HydraClient
  readonly forgetRotated?: boolean
}

/** Reads a client, lets `decide` say what becomes of it, and writes that if nobody else wrote in between; else starts again. */
export function changeClient(
  deps: AdminDeps,
  clientId: string,
  actor: Actor,
  decide: (before: Client) => Promise<Change>,
): Promise<Changed> {
  return retryOnConflict(async () => {
    const before = await findOrRefuse(deps, clientId)
    const { given, forgetRotated = false } = await decide(before)
    checkAgainstClient(given.metadata, { ...deps.rules(), signingAlgs: await deps.signingAlgs() }, before.metadata)
    const isGiven = given.clientSecret !== undefined || given.clientSecretHash !== undefined
    const secret = isGiven || before.secretHash === undefined ? await secretFor(given, deps) : undefined
    const changed: Client = {
      ...before,
      metadata: given.metadata,
      settings: given.settings,
      version: before.version + 1,
      updatedAt: deps.clock(),
      ...(secret && { secretHash: secret.hash }),
      ...((secret || forgetRotated) && { rotatedSecretHashes: [] }),
    }
    const client = writtenByAdmin(changed, before)
    await writeChange(deps, client, actor)
    warnOfBcrypt(given, clientId, deps.telemetry)
    return { client, ...(secret?.secret !== undefined && { clientSecret: secret.secret }) }
  })
}

function writeChange(deps: AdminDeps, client: Client, actor: Actor): Promise<void> {
  return deps.transaction(async (tx) => {
    const [isReplaced] = await Promise.all([tx.clients.replace(client), deps.audit.clientUpdated(tx, client.clientId, actor)])
    if (!isReplaced) throw new VersionConflict()
  })
}
