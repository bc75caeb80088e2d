import type { Telemetry } from '../lib/telemetry.ts'
import type { Job } from './runner.ts'

export const removeEndedJob = 'remove-ended'

/** Removes one batch, small enough not to delay other transactions. Returns the number of rows; 0 when nothing is left. */
export type RemoveEnded = (now: number) => Promise<number>

/**
 * Removes the rows of what a mark has ended: removed clients, withdrawn grants, sessions that were ended together. The rows are already
 * invalid, so this only frees space, except that it queues the logout tokens of the sessions; therefore it is also run after the commit of
 * such an act. If one kind fails, that is logged, the others continue, and the next run tries it again.
 */
export function removeEnded(kinds: Readonly<Record<string, RemoveEnded>>, telemetry: Pick<Telemetry, 'log' | 'count'>): Job {
  return {
    name: removeEndedJob,
    period: 5_000,
    async run({ now, signal }) {
      const counts: Record<string, number> = {}
      for (const [kind, remove] of Object.entries(kinds)) {
        counts[kind] = 0
        try {
          for (let removed = 1; removed > 0 && !signal.aborted; counts[kind] += removed) removed = await remove(now)
        } catch (error) {
          telemetry.count('job_failed', { job: removeEndedJob })
          telemetry.log('error', 'job failed', { job: removeEndedJob, kind, error: (error as Error).message })
        }
      }
      return counts
    },
  }
}
