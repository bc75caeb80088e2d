import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place, placeFirst } from './place.ts'
import { plainWords } from './words.ts'

test('a host and a scheme are shown as text', () => {
  assert.equal(place('<b>"x"', plainWords.place), '<strong>&lt;b&gt;&quot;x&quot;</strong>')
  assert.match(place('<b>:', plainWords.place), /<strong>&lt;b&gt;:<\/strong>/)
  assert.match(placeFirst('<b>:', plainWords), /^The app on this device .*<strong>&lt;b&gt;:<\/strong>/)
})
