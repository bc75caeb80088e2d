import type { Clock } from '../lib/clock.ts'
import type { Telemetry } from '../lib/telemetry.ts'

/** Periodic work. `run` depends on no other time than `now`, and returns counts of what it did. */
export interface Job {
  readonly name: string
  /** Milliseconds from the end of one run to the start of the next. */
  readonly period: number
  run(facts: { now: number; signal: AbortSignal }): Promise<Readonly<Record<string, number>>>
}

export interface Jobs extends AsyncDisposable {
  /** Runs a job at once. A running job is run once more afterwards, because it may have missed the new work. */
  runNow(name: string): void
  /** Aborts the running jobs and starts no other. Disposing does the same, and waits for the running jobs. */
  stop(): void
}

/** Runs each job periodically until it is disposed of. A run that fails is logged, and the job is run again after its period. */
export function runJobs(jobs: readonly Job[], { clock, telemetry }: { clock: Clock; telemetry: Telemetry }): Jobs {
  const stopping = new AbortController()
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Map<string, Promise<void>>()
  const wanted = new Set<string>()

  const runOnce = async (job: Job) => {
    try {
      const counts = await job.run({ now: clock(), signal: stopping.signal })
      if (Object.values(counts).some((count) => count > 0)) telemetry.log('info', 'job done', { job: job.name, ...counts })
    } catch (error) {
      telemetry.count('job_failed', { job: job.name })
      telemetry.log('error', 'job failed', { job: job.name, error: (error as Error).message })
    }
  }
  const start = (job: Job) => {
    clearTimeout(timers.get(job.name))
    const run = runOnce(job).finally(() => {
      running.delete(job.name)
      if (stopping.signal.aborted) return
      if (wanted.delete(job.name)) start(job)
      else schedule(job)
    })
    running.set(job.name, run)
  }
  const schedule = (job: Job) => timers.set(job.name, setTimeout(() => start(job), job.period).unref())

  const stop = () => {
    stopping.abort()
    for (const timer of timers.values()) clearTimeout(timer)
  }

  for (const job of jobs) schedule(job)
  return {
    stop,
    runNow(name) {
      const job = jobs.find((one) => one.name === name)
      if (!job || stopping.signal.aborted) return
      if (running.has(name)) wanted.add(name)
      else start(job)
    },
    async [Symbol.asyncDispose]() {
      stop()
      await Promise.all(running.values())
    },
  }
}
