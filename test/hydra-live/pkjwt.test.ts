import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/server.ts'
import { readExchanges } from './exchange.ts'
import { prepared } from './prepare.ts'
import { replay } from './replay.ts'

// Client authentication with a key: what is recorded of Hydra, sent to us.

/** Where we answer otherwise than Hydra, on purpose: by the id of the exchange and the place in its answer, what is there with us. */
const deliberate: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // A client that proves itself with a key gets no secret.
  'f402-pkjwt-pk': { '/client_secret': undefined },
  // Client assertions: aud is the issuer or the token endpoint.
  'f409-pkjwt-issaud': { status: 200 },
}

test('every recorded exchange of the flow pkjwt is answered as by Hydra, but for the listed differences', async () => {
  await using main = await startServer({ settings: { dev: true } })
  const exchanges = await prepared(readExchanges('pkjwt.jsonl'), main.publicUrl)
  const outcomes = await replay(exchanges, { main, off: main, strict: main }, () => undefined)
  const found = outcomes.flatMap(({ exchange, differences }) => differences.map(({ place, ours }) => [exchange.id, place, ours] as const))
  const listed = Object.entries(deliberate).flatMap(([id, places]) =>
    Object.entries(places).map(([place, ours]) => [id, place, ours] as const),
  )
  assert.equal(outcomes.length, 8)
  assert.deepEqual(found, listed)
})
