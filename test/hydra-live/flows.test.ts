import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startServer } from '../support/server.ts'
import type { Difference } from './compare.ts'
import { deliberateInFlows as deliberate } from './deliberate-flows.ts'
import { readExchanges } from './exchange.ts'
import { type Outcome, replay } from './replay.ts'

// Tokens of machine clients, introspection, revocation and keys: what is recorded of Hydra, sent to us.

const exchanges = readExchanges('flows.jsonl')
const subject_identifiers = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a salt of the recording' } }
await using main = await startServer({ settings: { dev: true, oidc: { subject_identifiers } } })
const outcomes = await replay(exchanges, { main, off: main, strict: main }, () => undefined)

const places = deliberate.flatMap(({ ours }) =>
  Object.entries(ours).flatMap(([id, byPlace]) => Object.entries(byPlace).map(([place, value]) => ({ key: `${id} ${place}`, value }))),
)
const listed = new Map(places.map(({ key, value }) => [key, value]))

function unlisted({ exchange: { id, title }, differences, matches }: Outcome): string[] {
  const isListed = ({ place, ours }: Difference): boolean => {
    const key = `${id} ${place}`
    const value = listed.get(key)
    const isText = typeof value === 'string' && typeof ours === 'string'
    return listed.has(key) && (isText ? matches(value, ours) : isDeepStrictEqual(value, ours))
  }
  return differences
    .filter((one) => !isListed(one))
    .map(({ place, hydra, ours }) => `${id} (${title}), ${place}: Hydra ${JSON.stringify(hydra)}, we ${JSON.stringify(ours)}`)
}

for (const flow of ['setup', 'cc', 'introspect', 'revoke', 'tokenerr', 'keys']) {
  test(`every recorded exchange of the flow ${flow} is answered as by Hydra, but for the listed differences`, () => {
    const those = outcomes.filter(({ exchange }) => exchange.flow === flow)
    assert.ok(those.length > 0)
    assert.deepEqual(those.flatMap(unlisted), [])
  })
}

test('the list of the flows names each difference once, and none that is there no longer', () => {
  assert.equal(listed.size, places.length)
  const found = new Set(outcomes.flatMap(({ exchange, differences }) => differences.map(({ place }) => `${exchange.id} ${place}`)))
  assert.deepEqual(
    [...listed.keys()].filter((key) => !found.has(key)),
    [],
  )
})
