import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Jwk } from '../../protocol/jwks.ts'
import { makeRemoteKeys } from './remote-keys.ts'

/** Key sets of about 50 KB, whatever their address, and how often each was fetched. */
function setting() {
  const clock = { now: 1_800_000_000_000 }
  const fetches = new Map<string, number>()
  const keys = Array.from({ length: 500 }, (_, at) => ({ kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43), kid: `k${at}` }))
  const remoteKeys = makeRemoteKeys({
    fetch: async (url) => {
      fetches.set(url, (fetches.get(url) ?? 0) + 1)
      return { status: 200, headers: {}, body: JSON.stringify({ keys }) }
    },
    fence: () => ({ allowPrivate: false, exceptions: [] }),
    clock: () => clock.now,
  })
  const find = async (uri: string, kid: string): Promise<Jwk | undefined> => {
    const suits = (all: readonly Jwk[]) => all.some((key) => key.kid === kid)
    return (await remoteKeys(uri, { kid, alg: 'EdDSA', suits })).find((key) => key.kid === kid)
  }
  const fetched = (uri: string) => fetches.get(uri) ?? 0
  const flood = async () => {
    for (let at = 0; at < 200; at++) await find(`https://other.example/${at}`, 'k1')
  }
  return { clock, find, fetched, flood }
}

const uri = 'https://app.example/jwks.json'

test('the oldest key sets are evicted by size: 200 sets of 50 KB exceed the limit', async () => {
  const { find, fetched, flood } = setting()
  await flood()
  assert.ok(await find('https://other.example/199', 'k1'))
  assert.equal(fetched('https://other.example/199'), 1)
  assert.ok(await find('https://other.example/0', 'k1'))
  assert.equal(fetched('https://other.example/0'), 2)
})

test('a key set that is in use is not evicted, however many others are fetched meanwhile', async () => {
  const { find, fetched } = setting()
  for (let at = 0; at < 400; at++) {
    if (at % 50 === 0) assert.ok(await find(uri, 'k1'))
    await find(`https://other.example/${at}`, 'k1')
  }
  assert.equal(fetched(uri), 1)
})

test('a kid that was not found within the last ten seconds causes no fetch, even where its key set was evicted', async () => {
  const { clock, find, fetched, flood } = setting()
  assert.equal(await find(uri, 'made-up'), undefined)
  await flood()
  for (let count = 0; count < 5; count++) assert.equal(await find(uri, 'made-up'), undefined)
  assert.equal(fetched(uri), 1)
  assert.ok(await find(uri, 'k1'), 'another kid causes a fetch')
  assert.equal(fetched(uri), 2)
  clock.now += 10_000
  assert.equal(await find(uri, 'made-up'), undefined)
  assert.equal(fetched(uri), 3)
})

test('while URLs that never answer use all fetches, a URL that answered before is fetched again and a new one is refused', async () => {
  let now = 1_800_000_000_000
  const keys = [{ kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43), kid: 'k1' }]
  const silent: (() => void)[] = []
  let isAnswering = true
  const remoteKeys = makeRemoteKeys({
    fetch: (url) =>
      url === uri && isAnswering
        ? Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ keys }) })
        : new Promise((_, reject) => silent.push(() => reject(new Error('no answer')))),
    fence: () => ({ allowPrivate: false, exceptions: [] }),
    clock: () => now,
  })
  const find = (from: string) => remoteKeys(from, { kid: 'k1', alg: 'EdDSA', suits: (all) => all.length > 0 })
  assert.equal((await find(uri)).length, 1)
  const others = Array.from({ length: 32 }, (_, at) => find(`https://other.example/${at}`))
  await assert.rejects(find('https://new.example/'), { name: 'Unavailable' })
  now += 3_600_000
  assert.equal((await find(uri)).length, 1, 'its set had expired')

  now += 3_600_000
  isAnswering = false
  const failed = find(uri)
  for (const end of silent.splice(0, 33)) end()
  await assert.rejects(failed, { message: 'no answer' })
  for (const end of await Promise.allSettled(others)) assert.equal(end.status, 'rejected')
  now += 10_000
  const again = Array.from({ length: 32 }, (_, at) => find(`https://other.example/${at}`))
  await assert.rejects(find(uri), { name: 'Unavailable' }, 'its last fetch failed')
  for (const end of silent) end()
  await Promise.allSettled(again)
})
