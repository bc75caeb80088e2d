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
  for (const plain of ['ory_at_', 'openid', 'https://app.example/cb', 'eyJ.']) assert.equal(withoutSecrets(plain), plain)
})
