import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evictionSchedule } from './eviction-schedule.ts'

test('with a limit of 100, a client’s oldest tokens are evicted at each tenth token, for the nine that follow', () => {
  const keepAtMost = evictionSchedule()
  let [live, highest, looks] = [0, 0, 0]
  for (let at = 0; at < 1_000; at++) {
    const left = keepAtMost('c', 100, 'A')
    live = left === undefined ? live + 1 : Math.min(live + 1, left)
    highest = Math.max(highest, live)
    if (left !== undefined) looks++
  }
  assert.deepEqual([highest, looks], [100, 100])
})

test('clients are counted separately, and with a small limit tokens are evicted at each token', () => {
  const keepAtMost = evictionSchedule()
  for (let at = 0; at < 20; at++) {
    assert.equal(keepAtMost('small', 2, 'A'), 2)
    keepAtMost(`other-${at}`, 100, 'A')
  }
})

test('for clients that are evicted from the counters in between, about one token in ten evicts others', () => {
  const keepAtMost = evictionSchedule()
  let looks = 0
  for (let at = 0; at < 64_000; at++) if (keepAtMost(`c${at}`, 100, String.fromCharCode(at % 64)) !== undefined) looks++
  assert.ok(looks > 4_000 && looks < 9_000, `${looks}`)
})
