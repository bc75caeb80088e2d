import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { freshStores, type OpenDatabase, someClient, someSession, someToken } from './fresh-stores.ts'

export function actContract(open: OpenDatabase): void {
  describe('a transaction', () => {
    test('is committed when its promise resolves with the value of the body', async () => {
      await using stores = await freshStores(open)
      const value = await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        return { any: 'value' }
      })
      assert.deepEqual(value, { any: 'value' })
      assert.ok(await stores.read.clients.find('c'))
    })

    test('runs statements in the order in which they are made, those that were compiled in advance and others', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        const [, , extended, , ended] = await Promise.all([
          tx.sessions.start(someSession('s')),
          tx.sessions.extend('s', 9_000),
          tx.sessions.find('s'),
          tx.sessions.end('s'),
          tx.sessions.find('s'),
        ])
        assert.equal(extended?.expiresAt, 9_000)
        assert.equal(ended, undefined)
      })
    })

    test('that throws is rolled back and rejects with the same error', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.clients.add(someClient('kept')))
      const refusal = new Error('no')
      const refused = stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.registrationTokens.add('c', 'h', 1)
        await tx.clients.remove('kept', 1, 1)
        throw refusal
      })
      await assert.rejects(refused, (error) => error === refusal)
      assert.equal(await stores.read.clients.find('c'), undefined)
      assert.equal(await stores.read.registrationTokens.findClient('c'), undefined)
      assert.ok(await stores.read.clients.find('kept'))
    })

    test('that throws before its first await is rolled back like any other', async () => {
      await using stores = await freshStores(open)
      const refused = stores.act(() => {
        throw new Error('at once')
      })
      await assert.rejects(refused, { message: 'at once' })
      await stores.act((tx) => tx.clients.add(someClient('next')))
    })

    test('sees its own writes; reads outside it see nothing before the commit', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        assert.ok(await tx.clients.find('c'))
        assert.equal(await stores.read.clients.find('c'), undefined)
        assert.deepEqual((await stores.read.clients.list({ limit: 10 })).clients, [])
      })
      assert.ok(await stores.read.clients.find('c'))
    })

    test('with a statement that violates a constraint is rolled back completely', async () => {
      await using stores = await freshStores(open)
      const refused = stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.accessTokens.add(someToken('t', 'c'))
        await tx.accessTokens.add(someToken('t', 'c'))
      })
      await assert.rejects(refused)
      assert.equal(await stores.read.clients.find('c'), undefined)
    })
  })

  describe('afterCommit', () => {
    test('runs each callback once, in order, after the commit and before the promise resolves', async () => {
      await using stores = await freshStores(open)
      const seen: string[] = []
      await stores.act(async (tx) => {
        tx.afterCommit(() => void seen.push('first'))
        await tx.clients.add(someClient('c'))
        tx.afterCommit(() => void seen.push('second'))
        seen.push('body')
      })
      seen.push('caller')
      assert.deepEqual(seen, ['body', 'first', 'second', 'caller'])
    })

    test('does not run for a transaction that is rolled back', async () => {
      await using stores = await freshStores(open)
      let ran = 0
      const refused = stores.act(async (tx) => {
        tx.afterCommit(() => void ran++)
        await tx.clients.add(someClient('c'))
        throw new Error('no')
      })
      await assert.rejects(refused)
      await stores.act((tx) => tx.clients.add(someClient('next')))
      assert.equal(ran, 0)
    })

    test('that throws does not affect the committed transaction or later callbacks', async (t) => {
      await using stores = await freshStores(open)
      const warned = t.mock.method(process, 'emitWarning', () => {})
      let ran = 0
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        tx.afterCommit(() => {
          throw new Error('a counter that breaks')
        })
        tx.afterCommit(() => void ran++)
      })
      assert.equal(ran, 1)
      assert.equal(warned.mock.callCount(), 1)
      assert.ok(await stores.read.clients.find('c'))
    })
  })

  describe('concurrent transactions', () => {
    test('one that is rolled back stores nothing and does not affect the others', async () => {
      await using stores = await freshStores(open)
      const settled = await Promise.allSettled(
        Array.from({ length: 30 }, (_, at) =>
          stores.act(async (tx) => {
            await tx.clients.add(someClient(`c${at}`))
            await tx.registrationTokens.add(`c${at}`, `h${at}`, 1)
            if (at % 3 === 1) throw new Error('refused')
          }),
        ),
      )
      for (const [at, { status }] of settled.entries()) {
        assert.equal(status, at % 3 === 1 ? 'rejected' : 'fulfilled')
        assert.equal((await stores.read.registrationTokens.findClient(`c${at}`))?.hash, at % 3 === 1 ? undefined : `h${at}`)
      }
    })

    test('of two that add the same id exactly one succeeds', async () => {
      await using stores = await freshStores(open)
      const said = await Promise.all(
        ['first', 'second'].map((clientName) => stores.act((tx) => tx.clients.add(someClient('c', { metadata: { clientName } })))),
      )
      assert.deepEqual(said.toSorted(), [false, true])
      assert.equal((await stores.read.clients.find('c'))?.metadata.clientName, said[0] ? 'first' : 'second')
    })

    test('of many that replace the same version exactly one succeeds', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.clients.add(someClient('c')))
      const said = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          stores.act((tx) => tx.clients.replace(someClient('c', { version: 2, metadata: { clientName: `n${at}` } }))),
        ),
      )
      assert.equal(said.filter(Boolean).length, 1)
      assert.equal((await stores.read.clients.find('c'))?.metadata.clientName, `n${said.indexOf(true)}`)
    })

    test('transactions that were begun before the database is closed complete, later ones are refused', async () => {
      const stores = await freshStores(open)
      const begun = Array.from({ length: 20 }, (_, at) => stores.act((tx) => tx.clients.add(someClient(`c${at}`))))
      const closed = stores.database.close()
      await Promise.all(begun)
      await closed
      await assert.rejects(
        stores.act((tx) => tx.clients.add(someClient('late'))),
        { name: 'Unavailable' },
      )
    })
  })
}
