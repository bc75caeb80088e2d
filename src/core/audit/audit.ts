import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import { type Randomness, timedUuid } from '../../lib/random.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import type { AfterCommit } from '../../lib/transaction.ts'

/** Who acted: a stranger who registers, a client's owner with its registration token, a person at a browser, or an administrator. */
export type Actor = 'stranger' | 'owner' | 'person' | `admin:${string}`

export interface AuditRecord {
  readonly id: string
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  readonly event: string
  readonly clientId: string
  readonly actor: Actor
  /** Names and reasons, never a secret or a token. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly expiresAt: number
}

export interface AuditStore {
  add(record: AuditRecord): Promise<void>
  removeExpired(now: number, limit: number): Promise<number>
}

type AuditTransaction = { audit: AuditStore } & AfterCommit
type Facts = Readonly<Record<string, unknown>>

/** One function per business event. The record is written in the transaction of the act; the counter and the log line follow its commit. */
export interface Audit {
  clientRegistered(tx: AuditTransaction, clientId: string, facts: Facts): Promise<void>
  /** Counted without a record: an anonymous caller must not cause writes. */
  registrationDenied(): void
  clientCreated(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  clientUpdated(tx: AuditTransaction, clientId: string, actor: Actor, facts?: Facts): Promise<void>
  clientDeleted(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  secretRotated(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  rotatedSecretsForgotten(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  registrationTokenIssued(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  tokensEnded(tx: AuditTransaction, clientId: string, actor: Actor): Promise<void>
  consentsWithdrawn(tx: AuditTransaction, actor: Actor, facts: Facts): Promise<void>
  sessionsEnded(tx: AuditTransaction, actor: Actor, facts: Facts): Promise<void>
  keyCreated(tx: AuditTransaction, actor: Actor, facts: Facts): Promise<void>
  keysImported(tx: AuditTransaction, actor: Actor, facts: Facts): Promise<void>
  keysDeleted(tx: AuditTransaction, actor: Actor, facts: Facts): Promise<void>
}

/** The client id in the record of an event that concerns no single client. */
const noClient = ''

/** @param deps `retention`: how long a record is kept, in milliseconds */
export function makeAudit(deps: { clock: Clock; randomness: Randomness; telemetry: Telemetry; retention: Live<number> }): Audit {
  const record = async (tx: AuditTransaction, event: string, clientId: string, actor: Actor, facts: Facts = {}) => {
    const at = deps.clock()
    await tx.audit.add({ id: timedUuid(deps.randomness, at), at, event, clientId, actor, facts, expiresAt: at + deps.retention() })
    tx.afterCommit(() => {
      deps.telemetry.count(event.replace('.', '_'), { by: actor.split(':')[0] ?? actor })
      // Values of the caller are in the record only, not in the log: names and URLs may contain secrets, and logs have more readers.
      deps.telemetry.log('info', event, { ...(clientId !== noClient && { client_id: clientId }), actor })
    })
  }
  return {
    clientRegistered(tx, clientId, facts) {
      tx.afterCommit(() => deps.telemetry.count('registration', { verdict: 'allow' }))
      return record(tx, 'client.registered', clientId, 'stranger', facts)
    },
    registrationDenied: () => deps.telemetry.count('registration', { verdict: 'deny' }),
    clientCreated: (tx, clientId, actor) => record(tx, 'client.created', clientId, actor),
    clientUpdated: (tx, clientId, actor, facts) => record(tx, 'client.updated', clientId, actor, facts),
    clientDeleted: (tx, clientId, actor) => record(tx, 'client.deleted', clientId, actor),
    secretRotated: (tx, clientId, actor) => record(tx, 'secret.rotated', clientId, actor),
    rotatedSecretsForgotten: (tx, clientId, actor) => record(tx, 'rotated_secrets.forgotten', clientId, actor),
    registrationTokenIssued: (tx, clientId, actor) => record(tx, 'registration_token.issued', clientId, actor),
    tokensEnded: (tx, clientId, actor) => record(tx, 'tokens.ended', clientId, actor),
    consentsWithdrawn: (tx, actor, facts) => record(tx, 'consents.withdrawn', noClient, actor, facts),
    sessionsEnded: (tx, actor, facts) => record(tx, 'sessions.ended', noClient, actor, facts),
    keyCreated: (tx, actor, facts) => record(tx, 'key.created', noClient, actor, facts),
    keysImported: (tx, actor, facts) => record(tx, 'keys.imported', noClient, actor, facts),
    keysDeleted: (tx, actor, facts) => record(tx, 'keys.deleted', noClient, actor, facts),
  }
}
