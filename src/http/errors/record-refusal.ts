import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { HydraFaultError } from '../../protocol/hydra-words.ts'
import type { Face } from '../server/route.ts'
import type { AnyReason } from './refusals.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface RefusedRequest {
  readonly requestId: string
  readonly face: Face
  /** The kind of refusal, from a small fixed set: a label of a metric. */
  readonly kind: string
  /** For the log. */
  readonly reason: unknown
  readonly status: number
}

/** Logs and counts a request that was refused. */
export function recordRefusal({ log, count }: Telemetry, { requestId, face, kind, reason, status }: RefusedRequest): void {
  log('info', 'request refused', { request_id: requestId, reason, status })
  count('request_refused', { face, reason: kind })
}

/** The kind of a refusal, or the name of an error class. */
export const kindOf = (error: unknown): string =>
  error instanceof Refusal ? error.reason.kind : ((error as Error | undefined)?.name ?? 'unknown')

export function reasonOf(error: unknown): unknown {
  if (error instanceof Refusal) return loggedReason(error.reason as AnyReason)
  if (error instanceof HydraFaultError) return error.fault
  // Messages of the framework quote the URL, which may contain a secret; its codes do not.
  const { code, message } = error as Error & { code?: unknown }
  return code ?? message
}

/** A problem of a member can quote a value that the caller sent, a secret among them; the names of the members are enough. */
function loggedReason(reason: AnyReason): unknown {
  if (reason.kind === 'metadata-refused') return { kind: reason.kind, members: reason.problems.map(({ member }) => member) }
  return withoutSecrets(reason)
}
