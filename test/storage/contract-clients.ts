import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Client, ClientPage, ClientsFound } from '../../src/core/clients/client.ts'
import { freshStores, type OpenDatabase, someClient } from './fresh-stores.ts'

/** A client with every member set, to values that are difficult for SQL, JSON and encodings. */
const full: Client = someClient('id with \'quotes\', "quotes", % and 🦊', {
  version: 7,
  origin: 'admin',
  metadata: {
    clientName: 'Ünïcode \\ "quoted" 🦊',
    redirectUris: ['https://app.example/callback?a=b&c=%20'],
    jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] },
    defaultMaxAge: 2 ** 31,
    requireAuthTime: false,
    localized: { 'client_name#ja-Jpan-JP': 'クライアント名' },
  },
  settings: { owner: 'o\'brien; --"', metadata: { deep: [null, { a: 1e300 }] }, skipConsent: false },
  secretHash: '$sha256$hash',
  rotatedSecretHashes: ['$sha256$1', '$sha256$2'],
  verifiedTerms: 'a hash of terms',
})

export function clientContract(open: OpenDatabase): void {
  describe('clients', () => {
    test('find returns an added client unchanged, whatever its values', async () => {
      await using stores = await freshStores(open)
      assert.equal(await stores.act((tx) => tx.clients.add(full)), true)
      assert.deepEqual(await stores.read.clients.find(full.clientId), full)
      assert.equal(await stores.read.clients.find('another'), undefined)
    })

    test('an id is matched exactly: case, spaces and wildcards matter', async () => {
      await using stores = await freshStores(open)
      for (const clientId of ['abc', 'ABC', 'abc ', 'a%c', 'a_c']) await stores.act((tx) => tx.clients.add(someClient(clientId)))
      for (const clientId of ['abc', 'ABC', 'abc ', 'a%c', 'a_c']) {
        assert.equal((await stores.read.clients.find(clientId))?.metadata.clientName, clientId)
      }
      assert.equal(await stores.read.clients.find('Abc'), undefined)
    })

    test('add returns false and stores nothing if the id exists', async () => {
      await using stores = await freshStores(open)
      const [first, second] = [someClient('c', { origin: 'admin' }), someClient('c', { version: 9 })]
      assert.equal(await stores.act((tx) => tx.clients.add(first)), true)
      assert.equal(await stores.act((tx) => tx.clients.add(second)), false)
      assert.deepEqual(await stores.read.clients.find('c'), first)
    })

    test('add, replace and remove return the right result when called several times in one transaction', async () => {
      await using stores = await freshStores(open)
      const said = await stores.act(async (tx) => [
        await tx.clients.add(someClient('c')),
        await tx.clients.add(someClient('c')),
        await tx.clients.replace(someClient('c', { version: 2 })),
        await tx.clients.replace(someClient('c', { version: 2 })),
        await tx.clients.remove('c', 1, 1),
        await tx.clients.remove('c', 1, 1),
        await tx.clients.replace(someClient('c', { version: 3 })),
      ])
      assert.deepEqual(said, [true, false, true, false, true, false, false])
      assert.equal(await stores.read.clients.find('c'), undefined)
    })

    test('replace writes everything except origin and creation time, and only over the previous version', async () => {
      await using stores = await freshStores(open)
      const before = someClient('c', { secretHash: '$sha256$old' })
      const { secretHash: _, ...withoutSecret } = before
      const after: Client = {
        ...withoutSecret,
        version: 2,
        metadata: { clientName: 'new', contacts: ['me@app.example'] },
        settings: { owner: 'o' },
        rotatedSecretHashes: ['$sha256$r'],
        updatedAt: before.updatedAt + 1,
      }
      await stores.act((tx) => tx.clients.add(before))
      assert.equal(await stores.act((tx) => tx.clients.replace({ ...after, version: 3 })), false)
      assert.deepEqual(await stores.read.clients.find('c'), before)
      assert.equal(await stores.act((tx) => tx.clients.replace({ ...after, origin: 'admin', createdAt: 5 })), true)
      assert.deepEqual(await stores.read.clients.find('c'), after)
      assert.equal(await stores.act((tx) => tx.clients.replace(after)), false, 'the same version twice')
    })

    test('replace does not create a missing client', async () => {
      await using stores = await freshStores(open)
      assert.equal(await stores.act((tx) => tx.clients.replace(someClient('c', { version: 2 }))), false)
      assert.equal(await stores.read.clients.find('c'), undefined)
    })
  })

  test('findMany returns each existing client once', async () => {
    await using stores = await freshStores(open)
    await stores.act(async (tx) => {
      for (const id of ['a', 'b', 'c']) await tx.clients.add(someClient(id))
    })
    const found = await stores.read.clients.findMany(['c', 'gone', 'a', "x' or 1=1"])
    assert.deepEqual(found.map(({ clientId }) => clientId).sort(), ['a', 'c'])
    assert.deepEqual(
      found.find(({ clientId }) => clientId === 'a'),
      someClient('a'),
    )
    assert.deepEqual(await stores.read.clients.findMany([]), [])
  })

  describe('the list of clients', () => {
    const ids = async (page: ClientPage, list: (page: ClientPage) => Promise<ClientsFound>) =>
      (await list(page)).clients.map(({ clientId }) => clientId)

    test('is ordered by the bytes of the ids, whatever the order of the writes and the locale of the database', async () => {
      await using stores = await freshStores(open)
      const inOrder = ['-', '1', '10', '2', 'A', 'B', '_', 'a', 'aa', 'b', 'é', 'ﬀ', '🦊']
      await stores.act(async (tx) => {
        for (const id of inOrder.toReversed()) await tx.clients.add(someClient(id))
      })
      assert.deepEqual(await ids({ limit: 100 }, stores.read.clients.list), inOrder)
    })

    test('has pages that contain each client once; the last page is short or empty', async () => {
      await using stores = await freshStores(open)
      const all = Array.from({ length: 25 }, (_, at) => `client-${String(at).padStart(2, '0')}`)
      await stores.act(async (tx) => {
        for (const id of all) await tx.clients.add(someClient(id))
      })
      const seen: string[] = []
      for (let page = await ids({ limit: 10 }, stores.read.clients.list); page.length > 0; ) {
        seen.push(...page)
        page = await ids({ limit: 10, after: page.at(-1) as string }, stores.read.clients.list)
      }
      assert.deepEqual(seen, all)
      assert.deepEqual(await ids({ limit: 10, after: 'client-19' }, stores.read.clients.list), all.slice(20))
      const next = async (limit: number) => (await stores.read.clients.list({ limit })).next
      assert.deepEqual([await next(10), await next(25)], ['client-09', undefined])
    })

    test('a page passes over 500 clients that are left out, may be empty, and names the next page', async () => {
      await using stores = await freshStores(open)
      const named = { metadata: { clientName: 'Notes' } }
      await stores.act(async (tx) => {
        for (let at = 0; at < 600; at++) {
          await tx.clients.add(someClient(`a${at}`))
          await tx.clients.remove(`a${at}`, 1, 1)
        }
        for (let at = 0; at < 600; at++) await tx.clients.add(someClient(`b${at}`, { settings: { owner: 'ann' } }))
        await tx.clients.add(someClient('c', { ...named, settings: { owner: 'ann' } }))
      })
      const pages = async (page: Omit<ClientPage, 'after'>): Promise<number[]> => {
        const sizes: number[] = []
        for (let after: string | undefined, isFirst = true; isFirst || after; isFirst = false) {
          const { clients, next } = await stores.read.clients.list({ ...page, ...(after && { after }) })
          sizes.push(clients.length)
          after = next
        }
        return sizes
      }
      assert.deepEqual(await pages({ limit: 500 }), [400, 201])
      assert.deepEqual(await pages({ limit: 10, clientName: 'Notes', owner: 'ann' }), [0, 1])
      assert.deepEqual(await pages({ limit: 10, clientName: 'Notes' }), [1])
    })

    test('the next page is right if the last client of the previous page was deleted', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of ['a', 'b', 'c']) await tx.clients.add(someClient(id))
        await tx.clients.remove('b', 1, 1)
      })
      assert.deepEqual(await ids({ limit: 10, after: 'b' }, stores.read.clients.list), ['c'])
    })

    test('the filters match exactly, combine, and reflect each change', async () => {
      await using stores = await freshStores(open)
      const named = (id: string, clientName: string, owner: string) => someClient(id, { metadata: { clientName }, settings: { owner } })
      await stores.act(async (tx) => {
        await tx.clients.add(named('a', 'Notes', 'ann'))
        await tx.clients.add(named('b', 'Notes', 'bob'))
        await tx.clients.add(named('c', 'notes', 'ann'))
        await tx.clients.add(named('d', 'Notes%', 'ann'))
        await tx.clients.add(someClient('e', { metadata: {} }))
      })
      const list = stores.read.clients.list
      assert.deepEqual(await ids({ limit: 9, clientName: 'Notes' }, list), ['a', 'b'])
      assert.deepEqual(await ids({ limit: 9, owner: 'ann' }, list), ['a', 'c', 'd'])
      assert.deepEqual(await ids({ limit: 9, owner: 'ann', clientName: 'Notes' }, list), ['a'])
      assert.deepEqual(await ids({ limit: 1, owner: 'ann', after: 'a' }, list), ['c'])
      assert.deepEqual(await ids({ limit: 9, owner: "' OR 1=1 --" }, list), [])
      await stores.act((tx) => tx.clients.replace({ ...named('a', 'Other', 'eve'), version: 2 }))
      assert.deepEqual(await ids({ limit: 9, clientName: 'Notes' }, list), ['b'])
      assert.deepEqual(await ids({ limit: 9, owner: 'eve' }, list), ['a'])
    })

    test('clients are counted by what they registered for signatures, each once, up to a bound, and as they are now', async () => {
      await using stores = await freshStores(open)
      const signed = (id: string, idTokenSignedResponseAlg?: string, userinfoSignedResponseAlg?: string) =>
        someClient(id, {
          metadata: {
            ...(idTokenSignedResponseAlg && { idTokenSignedResponseAlg }),
            ...(userinfoSignedResponseAlg && { userinfoSignedResponseAlg }),
          },
        })
      await stores.act(async (tx) => {
        await tx.clients.add(signed('a', 'ES256'))
        await tx.clients.add(signed('b', 'ES256', 'ES256'))
        await tx.clients.add(signed('c', 'RS256', 'ES256'))
        await tx.clients.add(signed('d', undefined, 'PS256'))
        await tx.clients.add(signed('e'))
      })
      const { countSignedWith } = stores.read.clients
      const counts = [['ES256'], ['PS256'], ['ES256', 'PS256'], ['EdDSA']].map((algs) => countSignedWith(algs, 10))
      assert.deepEqual(await Promise.all(counts), [3, 1, 4, 0])
      assert.equal(await countSignedWith(['ES256'], 2), 2)
      await stores.act((tx) => tx.clients.replace({ ...signed('b'), version: 2 }))
      assert.equal(await countSignedWith(['ES256'], 10), 2)
      await stores.act((tx) => tx.clients.remove('c', 1, 1))
      assert.equal(await countSignedWith(['ES256'], 10), 1, 'a removed client is not counted')
    })
  })
}
