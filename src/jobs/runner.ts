import type { Clock } from '../lib/clock.ts'
import type { Telemetry } from '../lib/telemetry.ts'

/** Work that comes round again. `run` depends on `now` alone and says what it did. */
export interface Job {
  readonly name: string
  /** Milliseconds from the end of one run to the start of the next. */
  readonly period: number
  run(facts: { now: number; signal: AbortSignal }): Promise<Readonly<Record<string, number>>>
}

/** Runs jobs until it is disposed of; a run that fails is logged and comes round again. */
export function runJobs(jobs: readonly Job[], { clock, telemetry }: { clock: Clock; telemetry: Telemetry }): AsyncDisposable {
  const stopping = new AbortController()
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  const runOnce = async (job: Job) => {
    try {
      const counts = await job.run({ now: clock(), signal: stopping.signal })
      if (Object.values(counts).some((count) => count > 0)) telemetry.log('info', 'job done', { job: job.name, ...counts })
    } catch (error) {
      telemetry.count('job_failed', { job: job.name })
      telemetry.log('error', 'job failed', { job: job.name, error: (error as Error).message })
    }
    if (!stopping.signal.aborted) schedule(job)
  }
  const schedule = (job: Job) => {
    const start = () => {
      const run = runOnce(job).finally(() => running.delete(run))
      running.add(run)
    }
    timers.set(job.name, setTimeout(start, job.period).unref())
  }
  for (const job of jobs) schedule(job)
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}
