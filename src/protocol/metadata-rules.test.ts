import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHydraMetadata, HydraFaultError } from './hydra-words.ts'
import type { Checked } from './metadata-rule.ts'
import { metadataFindings, metadataRules, type Rule } from './metadata-rules.ts'

const settings = { fence: { allowPrivate: false, exceptions: [] }, subjectTypes: ['public'], signingAlgs: ['RS256'], dotlessSchemes: [] }
const checked = (metadata: Checked['metadata'], inForce: Checked['inForce'] = {}): Checked => ({ metadata, settings, inForce })
const rulesFound = (...given: Parameters<typeof metadataFindings>) => metadataFindings(...given).map(({ rule }) => rule)

test('each rule has an id of its own and a face', () => {
  const rules: readonly Rule[] = metadataRules
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
  for (const { id, faces } of rules) assert.ok(faces.length > 0, id)
})

test('the registration face reports all findings, the admin face those of one stage, by its relaxed rules', () => {
  const wrong = checked({
    redirectUris: ['http://app.example/cb'],
    logoUri: '/logo',
    subjectType: 'x',
    jwks: { keys: [{ kty: 'RSA' }] },
    idTokenSignedResponseAlg: 'ES256',
  })
  assert.deepEqual(rulesFound('registration', wrong), [
    'redirect-uris-are-safe',
    'pages-are-web-pages',
    'subject-type-is-supported',
    'keys-are-usable',
    'response-algs-are-supported',
  ])
  assert.deepEqual(rulesFound('admin', wrong, 'request'), ['pages-are-http-uris', 'subject-type-is-supported'])
  assert.deepEqual(rulesFound('admin', wrong, 'client'), ['keys-are-usable', 'response-algs-are-supported'])
})

test('what a client has already may stay', () => {
  const inForce = {
    redirectUris: ['http://app.example/cb'],
    subjectType: 'x',
    jwks: { keys: [{ kty: 'RSA' }] },
    idTokenSignedResponseAlg: 'ES256',
    clientName: 'Pаypal',
  }
  assert.deepEqual(rulesFound('registration', checked(inForce, inForce)), [])
})

test('the admin face throws the first finding in the words of Hydra', () => {
  assert.throws(
    () => checkHydraMetadata(checked({ subjectType: 'x', requestUris: ['https://10.0.0.1/'] }), 'request'),
    (error) =>
      error instanceof HydraFaultError &&
      error.fault.family === 'metadata' &&
      error.fault.hint.startsWith('Client IP address is not allowed: key request_uris validation is failing: '),
  )
})
