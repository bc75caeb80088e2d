import assert from 'node:assert/strict'
import { test } from 'node:test'
import { removeEnded } from './remove-ended.ts'

/** Gives these one after the other, then 0. */
const giving = (...counts: readonly (number | Error)[]) => {
  const left = [...counts]
  return async () => {
    const next = left.shift() ?? 0
    if (next instanceof Error) throw next
    return next
  }
}

test('each kind goes on until nothing is left; one that fails is logged and counted, and stops no other', async () => {
  const told: unknown[] = []
  const telemetry = {
    log: (level: string, message: string, facts?: object) => void told.push([level, message, facts]),
    count: (event: string) => void told.push(event),
  }
  const job = removeEnded({ sessions: giving(20, new Error('locked'), 3), grants: giving(), clients: giving(500, 500, 7) }, telemetry)
  const { signal } = new AbortController()
  assert.deepEqual(await job.run({ now: 1, signal }), { sessions: 20, grants: 0, clients: 1_007 })
  assert.deepEqual(told, ['job_failed', ['error', 'job failed', { job: 'remove-ended', kind: 'sessions', error: 'locked' }]])
  assert.deepEqual(await job.run({ now: 2, signal }), { sessions: 3, grants: 0, clients: 0 })
})

test('when the process is to end, no part of the work is begun any more', async () => {
  const stopping = new AbortController()
  const telemetry = { log() {}, count() {} }
  const stop = async () => {
    stopping.abort()
    return 500
  }
  const job = removeEnded({ first: stop, second: giving(1) }, telemetry)
  assert.deepEqual(await job.run({ now: 1, signal: stopping.signal }), { first: 500, second: 0 })
})
