import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutSecrets } from './without-secrets.ts'

test('tokens and codes are taken out wherever they stand, and nothing else is', () => {
  const token = `ory_at_${'x-_Y'.repeat(10)}`
  const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2ln'
  assert.deepEqual(withoutSecrets({ kind: 'any', values: [`scope ${token} more`, 7, null], of: { jwt } }), {
    kind: 'any',
    values: ['scope [secret] more', 7, null],
    of: { jwt: '[secret]' },
  })
  assert.equal(withoutSecrets(`at %22${jwt}%22, ${token}.`), 'at %[secret]%22, [secret].')
  for (const plain of ['www.app.example', 'ory_at_', 'openid', 'https://app.example/cb', 'eyJ.']) assert.equal(withoutSecrets(plain), plain)
})

test('a long value is cut, and read once', () => {
  const begin = process.cpuUsage()
  // Read from each of its letters, the first of them takes two minutes.
  for (const text of ['eyJ'.repeat(80_000), 'eyJa.'.repeat(48_000), 'eyJa '.repeat(48_000), 'ory_at_'.repeat(36_000)])
    assert.ok(String(withoutSecrets(text)).length <= 501)
  assert.ok(process.cpuUsage(begin).user < 10e6)
})
