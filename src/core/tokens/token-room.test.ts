import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenRoom } from './token-room.ts'

test('a client with a ceiling of 100 makes room at each tenth token, for the nine that follow', () => {
  const roomFor = tokenRoom()
  let [live, highest, looks] = [0, 0, 0]
  for (let at = 0; at < 1_000; at++) {
    const left = roomFor('c', 100, 'A')
    live = left === undefined ? live + 1 : Math.min(live + 1, left)
    highest = Math.max(highest, live)
    if (left !== undefined) looks++
  }
  assert.deepEqual([highest, looks], [100, 100])
})

test('each client is counted by itself, and one with a small ceiling makes room at each token', () => {
  const roomFor = tokenRoom()
  for (let at = 0; at < 20; at++) {
    assert.equal(roomFor('small', 2, 'A'), 2)
    roomFor(`other-${at}`, 100, 'A')
  }
})

test('among clients that are forgotten in between, a tenth of the tokens make room', () => {
  const roomFor = tokenRoom()
  let looks = 0
  for (let at = 0; at < 64_000; at++) if (roomFor(`c${at}`, 100, String.fromCharCode(at % 64)) !== undefined) looks++
  assert.ok(looks > 4_000 && looks < 9_000, `${looks}`)
})
