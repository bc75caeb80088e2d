import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { silence } from '../lib/telemetry.ts'
import { type Job, runJobs } from './runner.ts'

/** Lets the callbacks of settled promises run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A job whose runs end when the test calls `ends`. */
function slowJob() {
  const ends: ((error?: Error) => void)[] = []
  const job: Job = {
    name: 'slow',
    period: 1_000,
    run: () =>
      new Promise((resolve, reject) => {
        ends.push((error) => (error ? reject(error) : resolve({})))
      }),
  }
  return { job, ends }
}

describe('the runner of jobs', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())
  const running = (...jobs: Job[]) => runJobs(jobs, { clock: () => 5, telemetry: silence })

  test('a job runs a period after the start, and a period after the end of each run, failed or not', async () => {
    const { job, ends } = slowJob()
    const jobs = running(job)
    mock.timers.tick(999)
    assert.equal(ends.length, 0)
    mock.timers.tick(1)
    assert.equal(ends.length, 1)
    mock.timers.tick(5_000)
    assert.equal(ends.length, 1, 'never two at once')
    ends[0]?.(new Error('it failed'))
    await settle()
    mock.timers.tick(1_000)
    assert.equal(ends.length, 2)
    ends[1]?.()
    await jobs[Symbol.asyncDispose]()
  })

  test('runNow runs a job at once and restarts its period', async () => {
    const { job, ends } = slowJob()
    const jobs = running(job)
    mock.timers.tick(900)
    jobs.runNow('slow')
    assert.equal(ends.length, 1)
    ends[0]?.()
    await settle()
    mock.timers.tick(999)
    assert.equal(ends.length, 1)
    mock.timers.tick(1)
    assert.equal(ends.length, 2)
    ends[1]?.()
    await jobs[Symbol.asyncDispose]()
  })

  test('any number of runNow during a run cause one further run', async () => {
    const { job, ends } = slowJob()
    const jobs = running(job)
    for (let call = 0; call < 4; call++) jobs.runNow('slow')
    assert.equal(ends.length, 1)
    ends[0]?.(new Error('it failed'))
    await settle()
    assert.equal(ends.length, 2)
    ends[1]?.()
    await settle()
    assert.equal(ends.length, 2)
    await jobs[Symbol.asyncDispose]()
  })

  test('disposing waits for the running job; nothing runs afterwards', async () => {
    const { job, ends } = slowJob()
    const jobs = running(job)
    jobs.runNow('slow')
    jobs.runNow('slow')
    let isOver = false
    const disposed = Promise.resolve(jobs[Symbol.asyncDispose]()).then(() => {
      isOver = true
    })
    await settle()
    assert.equal(isOver, false)
    ends[0]?.()
    await disposed
    jobs.runNow('slow')
    mock.timers.tick(10_000)
    await settle()
    assert.equal(ends.length, 1)
  })

  test('stop aborts the running job at once; nothing runs afterwards', async () => {
    const signals: AbortSignal[] = []
    const job: Job = {
      name: 'slow',
      period: 1_000,
      run: ({ signal }) =>
        new Promise((resolve) => {
          signals.push(signal)
          signal.addEventListener('abort', () => resolve({}))
        }),
    }
    const jobs = running(job)
    jobs.runNow('slow')
    jobs.stop()
    assert.equal(signals[0]?.aborted, true)
    jobs.runNow('slow')
    mock.timers.tick(10_000)
    await jobs[Symbol.asyncDispose]()
    assert.equal(signals.length, 1)
  })

  test('runNow ignores an unknown job', () => running().runNow('unknown'))
})
