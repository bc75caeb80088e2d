import type { Job } from './runner.ts'

export const removeEndedJob = 'remove-ended'

/** One part of the work: few enough rows that others hardly wait for them. How many rows went; 0 where nothing is left to do. */
export type RemoveEnded = (now: number) => Promise<number>

/**
 * Removes what was ended by a mark: what depends on removed clients, withdrawn grants, sessions that ended together. Nothing depends on
 * it but the room that the rows take, and the clients that are to be told of logouts: for them it is run at once, after the commit.
 */
export function removeEnded(kinds: Readonly<Record<string, RemoveEnded>>): Job {
  return {
    name: removeEndedJob,
    period: 5_000,
    async run({ now, signal }) {
      const counts: Record<string, number> = {}
      for (const [name, remove] of Object.entries(kinds)) counts[name] = await untilNone(() => remove(now), signal)
      return counts
    },
  }
}

async function untilNone(remove: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let total = 0
  let removed: number
  do {
    removed = await remove()
    total += removed
  } while (removed > 0 && !signal.aborted)
  return total
}
