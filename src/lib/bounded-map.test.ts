import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('the entry that was set longest ago makes room', () => {
  const map = new BoundedMap<string, number>(3)
  for (const [at, key] of ['a', 'b', 'c', 'a', 'd', 'e'].entries()) map.set(key, at)
  assert.deepEqual([...map], [['a', 3], ['d', 4], ['e', 5]]) // biome-ignore format: a table
})
