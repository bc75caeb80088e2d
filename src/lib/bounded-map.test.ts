import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('the entry that was set longest ago is evicted', () => {
  const map = new BoundedMap<string, number>(3)
  for (const [at, key] of ['a', 'b', 'c', 'a', 'd', 'e'].entries()) map.set(key, at)
  assert.deepEqual([...map], [['a', 3], ['d', 4], ['e', 5]]) // biome-ignore format: a table
})

test('entries are evicted by weight, and one heavier than the maximum is not stored', () => {
  const map = new BoundedMap<string, string>(10, (text) => text.length)
  for (const text of ['aaaa', 'bbbb', 'cc', 'ddd', 'x'.repeat(11)]) map.set(text, text)
  assert.deepEqual([...map.keys()], ['bbbb', 'cc', 'ddd'])
  map.delete('bbbb')
  map.set('eeeee', 'eeeee')
  assert.deepEqual([...map.keys()], ['cc', 'ddd', 'eeeee'])
  map.clear()
  map.set('f', 'f'.repeat(10))
  assert.equal(map.size, 1)
})
