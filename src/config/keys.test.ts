import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, groups, nearestKey, settings } from './keys.ts'
import { readValue } from './read-value.ts'

test('no two settings share an environment variable', () => {
  const variables = [...settings.values()].map(({ variable }) => variable)
  assert.equal(new Set(variables).size, variables.length)
})

test('no key is both a setting and a group', () => {
  for (const key of groups) assert.ok(!settings.has(key), key)
})

test('every setting accepts its own default', () => {
  for (const { key, leaf } of settings.values()) {
    if (leaf.default !== undefined) assert.ok('value' in readValue(leaf, leaf.default), key)
  }
})

for (const [written, meant] of [
  ['serve.public.prot', 'serve.public.port'],
  ['serve.pubic', 'serve.public'],
  ['dns', 'dsn'],
  ['secrets.sytem', 'secrets.system'],
  ['oidc.dynamic_client_registration.enable', 'oidc.dynamic_client_registration.enabled'],
  ['issuer', 'urls.self.issuer'],
  ['urls.issuer', 'urls.self.issuer'],
  ['ttl.acces_token', 'ttl.access_token'],
] as const) {
  test(`${written} is nearest to ${meant}`, () => assert.equal(nearestKey(written), meant))
}

test('swapping two neighbouring characters is one edit', () => {
  assert.equal(editDistance('prot', 'port'), 1)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('kitten', 'sitting'), 3)
})
