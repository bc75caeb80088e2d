import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTokenHook } from './token-hook.ts'

const url = 'http://hooks.internal:8080/token?tenant=1'
const hook = (config: unknown, more: object = {}) => ({ url, auth: { type: 'api_key', config }, ...more })
const key = { in: 'cookie', name: 'session', value: 'hunter2' }

test("Hydra's two forms of a hook are accepted; by default the key is sent in a header", () => {
  assert.deepEqual(readTokenHook(url), { value: { url } })
  assert.deepEqual(readTokenHook({ url }), { value: { url } })
  assert.deepEqual(readTokenHook(hook(key)), { value: { url, apiKey: key } })
  const { name, value } = key
  assert.deepEqual(readTokenHook(hook({ name, value })), { value: { url, apiKey: { in: 'header', name, value } } })
})

const wrong: Record<string, unknown> = {
  'no URL': 'hooks.internal/hunter2',
  'another scheme': 'file:///hunter2',
  'credentials in the URL': 'https://me:hunter2@hooks.example/',
  'credentials in the URL of an object': { url: 'https://hunter2@hooks.example/' },
  'a number': 5,
  'no URL in the object': { auth: hook(key).auth },
  'an unknown member': hook(key, { retries: 'hunter2' }),
  'an unknown kind of auth': { url, auth: { type: 'basic_auth', config: { user: 'u', password: 'hunter2' } } },
  'no config': { url, auth: { type: 'api_key' } },
  'an unknown member of the key': hook({ ...key, more: 'hunter2' }),
  'an unknown place': hook({ ...key, in: 'query' }),
  'no name': hook({ in: 'header', value: 'hunter2' }),
  'a name that no header has': hook({ ...key, name: 'a b' }),
  'no value': hook({ in: 'header', name: 'x' }),
  'a value of several lines': hook({ in: 'header', name: 'x', value: 'hunter2\r\nhost: evil' }),
  'a value that ends a cookie': hook({ ...key, value: 'hunter2; admin=1' }),
}
for (const [name, value] of Object.entries(wrong))
  test(`a hook with ${name} is refused, and no value is quoted`, () => {
    const { problem = '' } = readTokenHook(value) as { problem?: string }
    assert.match(problem, /; write /)
    assert.ok(!problem.includes('hunter2'), problem)
  })
