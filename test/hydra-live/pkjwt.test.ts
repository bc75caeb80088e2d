import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/server.ts'
import { readExchanges } from './exchange.ts'
import { prepared } from './prepare.ts'
import { replay } from './replay.ts'

// Replays recorded requests to Hydra on this server: client authentication with a key.

/** Deliberate differences from Hydra: this server's values, by the id of the exchange and the place in the response. */
const deliberate: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // A client that authenticates with a key gets no secret.
  'f402-pkjwt-pk': { '/client_secret': undefined },
  // Client assertions: aud is the issuer or the token endpoint.
  'f409-pkjwt-issaud': { status: 200 },
}

test('each recorded exchange of the flow pkjwt gets Hydra’s response, except for the listed differences', async () => {
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
