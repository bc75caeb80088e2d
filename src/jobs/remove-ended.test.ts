import assert from 'node:assert/strict'
import { test } from 'node:test'
import { removeEnded } from './remove-ended.ts'

/** Returns (or throws) these one after the other, then 0. */
const returning = (...counts: readonly (number | Error)[]) => {
  const left = [...counts]
  return async () => {
    const next = left.shift() ?? 0
    if (next instanceof Error) throw next
    return next
  }
}

test('each kind is removed until nothing is left; a failure of one is logged and counted, and does not stop the others', async () => {
  const recorded: unknown[] = []
  const telemetry = {
    log: (level: string, message: string, facts?: object) => void recorded.push([level, message, facts]),
    count: (event: string) => void recorded.push(event),
  }
  const job = removeEnded(
    { sessions: returning(20, new Error('locked'), 3), grants: returning(), clients: returning(500, 500, 7) },
    telemetry,
  )
  const { signal } = new AbortController()
  assert.deepEqual(await job.run({ now: 1, signal }), { sessions: 20, grants: 0, clients: 1_007 })
  assert.deepEqual(recorded, ['job_failed', ['error', 'job failed', { job: 'remove-ended', kind: 'sessions', error: 'locked' }]])
  assert.deepEqual(await job.run({ now: 2, signal }), { sessions: 3, grants: 0, clients: 0 })
})

test('after the stop signal no further batch is begun', async () => {
  const stopping = new AbortController()
  const telemetry = { log() {}, count() {} }
  const stop = async () => {
    stopping.abort()
    return 500
  }
  const job = removeEnded({ first: stop, second: returning(1) }, telemetry)
  assert.deepEqual(await job.run({ now: 1, signal: stopping.signal }), { first: 500, second: 0 })
})
