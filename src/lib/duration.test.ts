import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, milliseconds, parseDuration } from './duration.ts'

const canonical: readonly (readonly [string, string])[] = [
  ['0', '0s'],
  ['-0', '0s'],
  ['+5s', '5s'],
  ['90m', '1h30m0s'],
  ['36h', '36h0m0s'],
  ['1h1m1.5s', '1h1m1.5s'],
  ['300ms', '300ms'],
  ['1.5µs', '1.5µs'],
  ['1.5us', '1.5µs'],
  ['1.5\u03bcs', '1.5µs'],
  ['1ns', '1ns'],
  ['.5s', '500ms'],
  ['5.s', '5s'],
  ['-1m0.25s', '-1m0.25s'],
  ['1h0.0000000000001h', '1h0m0s'],
  ['0.100000000000000000000h', '6m0s'],
  ['0.830103483285477580700h', '49m48.372539827s'],
  ['0.9223372036854775807h', '55m20.413933267s'],
  ['39h9m14.425s', '39h9m14.425s'],
  ['9223372036854775807ns', '2562047h47m16.854775807s'],
  ['9223372036854775.807us', '2562047h47m16.854775807s'],
  ['-9223372036854775808ns', '-2562047h47m16.854775808s'],
]

for (const [written, shown] of canonical) {
  test(`a duration ${written} is ${shown}`, () => {
    const nanoseconds = parseDuration(written)
    assert.ok(nanoseconds !== undefined)
    assert.equal(formatDuration(nanoseconds), shown)
    assert.equal(parseDuration(shown), nanoseconds)
  })
}

for (const written of [
  '',
  '3',
  '-',
  's',
  '.',
  '-.',
  '.s',
  '+.s',
  '1d',
  '1 h',
  ' 1h',
  '1h ',
  '1H',
  '1e3s',
  '--1s',
  '1.2.3s',
  '1constructor',
]) {
  test(`"${written}" is not a duration`, () => assert.equal(parseDuration(written), undefined))
}

for (const written of [
  '9223372036854775808ns',
  '9223372036854775.808us',
  '3000000h',
  '-9223372036854775809ns',
  `${'9'.repeat(60_000)}h`,
  '9223372036854ms775us808ns',
]) {
  test(`${written.slice(0, 30)} does not fit 64 bits`, () => assert.equal(parseDuration(written), undefined))
}

test('every 64-bit duration is the same after formatting and parsing', () => {
  fc.assert(fc.property(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), (value) => parseDuration(formatDuration(value)) === value))
})

test('no text causes an exception', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+hmsuµn') }), (text) => void parseDuration(text)))
})

test('milliseconds are whole', () => {
  assert.equal(milliseconds(1_999_999n), 1)
  assert.equal(milliseconds(3_600_000_000_000n), 3_600_000)
})
