import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Telemetry } from '../lib/telemetry.ts'
import { untraced } from '../lib/telemetry.ts'
import { type RemoveExpired, removeExpired } from './remove-expired.ts'

/** Stores of which each call removes the next of these counts, or throws. */
function storesThatRemove(counts: Record<string, readonly (number | Error)[]>) {
  const calls: string[] = []
  const remove =
    (name: string): RemoveExpired<object> =>
    async () => {
      const next = counts[name]?.[calls.filter((called) => called === name).length] ?? 0
      calls.push(name)
      if (next instanceof Error) throw next
      return next
    }
  return { calls, stores: Object.fromEntries(Object.keys(counts).map((name) => [name, remove(name)])) }
}

function watched() {
  const lines: unknown[] = []
  const counted: unknown[] = []
  const telemetry: Telemetry = {
    log: (level, message, facts) => void lines.push([level, message, facts]),
    count: (event, labels) => void counted.push([event, labels]),
    trace: untraced,
  }
  return { lines, counted, telemetry }
}

const jobOver = (stores: Record<string, RemoveExpired<object>>, telemetry: Telemetry) =>
  removeExpired({ transaction: (body) => body({ afterCommit() {} }), stores, telemetry })

test('if a store fails, that is logged and counted, the other stores are cleaned, and the next run tries it again', async () => {
  const { calls, stores } = storesThatRemove({ first: [new Error('no such table'), 3], second: [500, 7], third: [1] })
  const { lines, counted, telemetry } = watched()
  const job = jobOver(stores, telemetry)
  const { signal } = new AbortController()
  assert.deepEqual(await job.run({ now: 5, signal }), { first: 0, second: 507, third: 1 })
  assert.deepEqual(lines, [['error', 'job failed', { job: 'remove-expired', store: 'first', error: 'no such table' }]])
  assert.deepEqual(counted, [['job_failed', { job: 'remove-expired' }]])
  assert.deepEqual(await job.run({ now: 6, signal }), { first: 3, second: 0, third: 0 })
  assert.deepEqual(calls, ['first', 'second', 'second', 'third', 'first', 'second', 'third'])
})

test('if a store fails after a batch, the rows of that batch are counted', async () => {
  const { stores } = storesThatRemove({ only: [500, new Error('locked')] })
  const counts = await jobOver(stores, watched().telemetry).run({ now: 5, signal: new AbortController().signal })
  assert.deepEqual(counts, { only: 500 })
})

test('after the stop signal no further transaction is begun', async () => {
  const stopping = new AbortController()
  const { calls, stores } = storesThatRemove({ first: [500, 500], second: [1] })
  const first: RemoveExpired<object> = async () => {
    stopping.abort()
    return 500
  }
  const stopAfterOne = { ...stores, first }
  assert.deepEqual(await jobOver(stopAfterOne, watched().telemetry).run({ now: 5, signal: stopping.signal }), { first: 500 })
  assert.deepEqual(calls, [])
})
