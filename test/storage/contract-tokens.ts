import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { freshStores, type OpenDatabase, type Stores, someClient, someKey, someRecord, someToken } from './fresh-stores.ts'

export function tokenContract(open: OpenDatabase): void {
  describe('registration access tokens', () => {
    test('findClient returns the client with its token hash, and nothing for a client without one', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.clients.add(someClient('without'))
        await tx.registrationTokens.add('c', 'h1', 1)
      })
      assert.deepEqual(await stores.read.registrationTokens.findClient('c'), { client: someClient('c'), hash: 'h1' })
      assert.equal(await stores.read.registrationTokens.findClient('without'), undefined)
      assert.equal(await stores.read.registrationTokens.findClient('nobody'), undefined)
    })

    test('replace and remove change only the current token, and return whether they did', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.registrationTokens.add('c', 'h1', 1)
      })
      const said = await stores.act(async ({ registrationTokens: tokens }) => [
        await tokens.replace('c', 'wrong', 'h2', 2),
        await tokens.replace('nobody', 'h1', 'h2', 2),
        await tokens.replace('c', 'h1', 'h2', 2),
        await tokens.replace('c', 'h1', 'h3', 3),
        await tokens.remove('c', 'h1'),
      ])
      assert.deepEqual(said, [false, false, true, false, false])
      assert.equal((await stores.read.registrationTokens.findClient('c'))?.hash, 'h2')
      assert.equal(await stores.act((tx) => tx.registrationTokens.remove('c', 'h2')), true)
      assert.equal(await stores.act((tx) => tx.registrationTokens.remove('c', 'h2')), false)
      assert.equal(await stores.read.registrationTokens.findClient('c'), undefined)
      assert.ok(await stores.read.clients.find('c'), 'the client itself stays')
    })

    test('put replaces any existing token or adds one', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.registrationTokens.put('c', 'h1', 1)
      })
      assert.equal((await stores.read.registrationTokens.findClient('c'))?.hash, 'h1')
      await stores.act((tx) => tx.registrationTokens.put('c', 'h2', 2))
      assert.equal((await stores.read.registrationTokens.findClient('c'))?.hash, 'h2')
    })
  })

  describe('access tokens that are stored in batches', () => {
    test('each caller learns whether its client exists, whatever else is in the batch', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.clients.add(someClient('c')))
      const asked = Array.from({ length: 40 }, (_, at) =>
        someToken(`t${at}`, at % 4 === 3 ? 'gone' : 'c', at % 2 === 0 ? { ext: { at } } : {}),
      )
      const said = await Promise.all(asked.map((token) => stores.keepAccessToken(token)))
      assert.deepEqual(
        said,
        asked.map(({ clientId }) => clientId === 'c'),
      )
      const found = await Promise.all(asked.map(({ hash }) => stores.read.accessTokens.find(hash)))
      assert.deepEqual(
        found,
        asked.map((token) => (token.clientId === 'c' ? token : undefined)),
      )
    })

    test('one that cannot be stored does not affect the others', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.accessTokens.add(someToken('taken', 'c'))
      })
      const hashes = ['a', 'taken', 'b', 'twice', 'twice', 'c']
      const settled = await Promise.allSettled(hashes.map((hash) => stores.keepAccessToken(someToken(hash, 'c'))))
      const refused = hashes.filter((_, at) => settled[at]?.status === 'rejected')
      assert.deepEqual(refused, ['taken', 'twice'])
      for (const hash of ['a', 'b', 'twice', 'c']) assert.ok(await stores.read.accessTokens.find(hash), hash)
    })

    test('concurrent with the removal of their client: none remains, and none is accepted after it', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.clients.add(someClient('c')))
      const kept = Array.from({ length: 20 }, (_, at) => stores.keepAccessToken(someToken(`t${at}`, 'c')))
      const removed = stores.act((tx) => tx.clients.remove('c', 1, 1))
      const late = Array.from({ length: 20 }, (_, at) => stores.keepAccessToken(someToken(`late${at}`, 'c')))
      await Promise.all([...kept, ...late, removed])
      assert.equal(await stores.keepAccessToken(someToken('after', 'c')), false)
      for (let at = 0; at < 20; at++) {
        assert.equal(await stores.read.accessTokens.find(`t${at}`), undefined)
        assert.equal(await stores.read.accessTokens.find(`late${at}`), undefined)
      }
    })
  })

  describe('access tokens', () => {
    test('find returns an added token unchanged; an empty scope and audience stay empty', async () => {
      await using stores = await freshStores(open)
      const [token, bare] = [someToken('t', 'c'), someToken('bare', 'c', { scope: [], audience: [] })]
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        assert.deepEqual([await tx.accessTokens.add(token), await tx.accessTokens.add(bare)], [true, true])
      })
      assert.deepEqual(await stores.read.accessTokens.find('t'), token)
      assert.deepEqual(await stores.read.accessTokens.find('bare'), bare)
      assert.equal(await stores.read.accessTokens.find('T'), undefined)
    })

    test('add returns false for a deleted client and stores no token', async () => {
      await using stores = await freshStores(open)
      await assert.rejects(
        stores.act(async (tx) => {
          assert.equal(await tx.accessTokens.add(someToken('t', 'nobody')), false)
          throw new Error('refused')
        }),
        { message: 'refused' },
      )
      assert.equal(await stores.read.accessTokens.find('t'), undefined)
    })
  })

  describe('the rows of a client', () => {
    test('are removed with it, and a new client with the same id gets none of them', async () => {
      await using stores = await freshStores(open)
      const make = async (tx: Stores) => {
        await tx.clients.add(someClient('c'))
        await tx.clients.add(someClient('other'))
      }
      await stores.act(async (tx) => {
        await make(tx)
        await tx.registrationTokens.add('c', 'h1', 1)
        await tx.registrationTokens.add('other', 'h2', 1)
        await tx.accessTokens.add(someToken('t', 'c'))
        await tx.accessTokens.add(someToken('u', 'other'))
      })
      assert.equal(await stores.act((tx) => tx.clients.remove('c', 1, 1)), true)
      await stores.act(make)
      assert.equal((await stores.read.clients.find('c'))?.generation, 2)
      assert.equal(await stores.read.registrationTokens.findClient('c'), undefined)
      assert.equal(await stores.read.accessTokens.find('t'), undefined)
      assert.equal((await stores.read.registrationTokens.findClient('other'))?.hash, 'h2')
      assert.ok(await stores.read.accessTokens.find('u'))
    })
  })

  describe('signing keys', () => {
    test('addFirst adds only to a set without a key; reseal changes one private key', async () => {
      await using stores = await freshStores(open)
      const [first, other] = [someKey('k1'), someKey('k2', { set: 'hydra.jwt.access-token', createdAt: 1_700_000_000_001 })]
      const added = [first, someKey('late'), other]
      const said: boolean[] = []
      for (const key of added) said.push(await stores.act((tx) => tx.signingKeys.addFirst(key)))
      assert.deepEqual(said, [true, false, true])
      await stores.act((tx) => tx.signingKeys.reseal('k1', 'sealed again'))
      assert.deepEqual(await stores.read.signingKeys.all(), [other, { ...first, sealedPrivateJwk: 'sealed again' }])
    })

    test('of several processes that start at the same time one adds the first key', async () => {
      await using stores = await freshStores(open)
      const said = await Promise.all(['a', 'b', 'c', 'd'].map((kid) => stores.act((tx) => tx.signingKeys.addFirst(someKey(kid)))))
      assert.deepEqual(said.toSorted(), [false, false, false, true])
      assert.equal((await stores.read.signingKeys.all()).length, 1)
    })
  })

  describe('expired rows', () => {
    const now = 1_700_000_000_000
    const kinds = {
      'access tokens': {
        add: (tx: Stores, id: string, expiresAt: number) => tx.accessTokens.add(someToken(id, 'c', { expiresAt })),
        removeExpired: (tx: Stores, limit: number) => tx.accessTokens.removeExpired(now, limit),
      },
      'audit records': {
        add: (tx: Stores, id: string, expiresAt: number) => tx.audit.add(someRecord({ id, expiresAt })),
        removeExpired: (tx: Stores, limit: number) => tx.audit.removeExpired(now, limit),
      },
    }
    for (const [name, { add, removeExpired }] of Object.entries(kinds)) {
      test(`${name} are removed at exactly their own expiry, not a millisecond earlier`, async () => {
        await using stores = await freshStores(open)
        await stores.act(async (tx) => {
          await tx.clients.add(someClient('c'))
          for (const [id, expiresAt] of [
            ['before', now - 1],
            ['at', now],
            ['after', now + 1],
          ] as const)
            await add(tx, id, expiresAt)
        })
        assert.equal(await stores.act((tx) => removeExpired(tx, 100)), 2)
        assert.equal(await stores.act((tx) => removeExpired(tx, 100)), 0)
        if (name !== 'access tokens') return
        assert.equal(await stores.read.accessTokens.find('at'), undefined)
        assert.ok(await stores.read.accessTokens.find('after'))
      })

      test(`${name} are removed in batches of the requested size`, async () => {
        await using stores = await freshStores(open)
        await stores.act(async (tx) => {
          await tx.clients.add(someClient('c'))
          for (let at = 0; at < 25; at++) await add(tx, `row-${at}`, now - at)
          await add(tx, 'living', now + 1)
        })
        const removed: number[] = []
        for (let round = 0; round < 4; round++) removed.push(await stores.act((tx) => removeExpired(tx, 10)))
        assert.deepEqual(removed, [10, 10, 5, 0])
      })
    }

    test('access tokens are removed oldest first', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        for (const [id, age] of [
          ['young', 1],
          ['oldest', 3],
          ['old', 2],
        ] as const)
          await kinds['access tokens'].add(tx, id, now - age)
      })
      assert.equal(await stores.act((tx) => tx.accessTokens.removeExpired(now, 2)), 2)
      assert.ok(await stores.read.accessTokens.find('young'))
    })

    test('audit records stay after their client is deleted', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.audit.add(someRecord({ clientId: 'c', expiresAt: now - 1 }))
        await tx.clients.remove('c', 1, 1)
      })
      assert.equal(await stores.act((tx) => tx.audit.removeExpired(now, 10)), 1)
    })
  })
}
