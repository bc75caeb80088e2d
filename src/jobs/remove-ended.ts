import type { Telemetry } from '../lib/telemetry.ts'
import type { Job } from './runner.ts'

export const removeEndedJob = 'remove-ended'

/** One part of the work: few enough rows that others hardly wait for them. How many rows went; 0 where nothing is left to do. */
export type RemoveEnded = (now: number) => Promise<number>

/**
 * Removes what was ended by a mark: what depends on removed clients, withdrawn grants, sessions that ended together. Nothing depends on
 * it but the room that the rows take, and the clients that are to be told of logouts: for them it is run at once, after the commit. A
 * kind that fails is logged and left until the next run; the others go on.
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
