import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FreshStores, freshStores, type OpenDatabase, someClient, someGrant, someToken } from './fresh-stores.ts'

const at = (second: number) => ({ issuedAt: 1_700_000_000_000 + second * 1_000 })

export function ceilingContract(open: OpenDatabase): void {
  const living = async ({ read }: FreshStores, names: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(names.map((name) => read.accessTokens.find(name)))
    return names.filter((_, index) => found[index])
  }
  const withClient = async (): Promise<FreshStores> => {
    const stores = await freshStores(open)
    await stores.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      for (const id of ['g', 'other']) await tx.grants.open(someGrant(id, 'c'))
      await tx.accessTokens.add(someToken('of other', 'c', { grantId: 'other' }))
    })
    return stores
  }

  describe('ceilings of access tokens', () => {
    test('beyond its ceiling the oldest own tokens of a client end; those of its grants are not counted', async () => {
      await using stores = await withClient()
      const names = ['1', '2', '3', '4', '5']
      for (const name of names) assert.equal(await stores.keepAccessToken(someToken(name, 'c', at(Number(name))), 3), true)
      assert.deepEqual(await living(stores, [...names, 'of other']), ['3', '4', '5', 'of other'])
      await stores.act((tx) => tx.accessTokens.add(someToken('6', 'c', at(6)), 3))
      assert.deepEqual(await living(stores, [...names, '6']), ['4', '5', '6'])
    })

    test('beyond its ceiling the oldest tokens of a grant end, and no other’s', async () => {
      await using stores = await withClient()
      await stores.keepAccessToken(someToken('own', 'c', at(0)))
      for (const name of ['1', '2', '3'])
        await stores.act((tx) => tx.accessTokens.add(someToken(name, 'c', { grantId: 'g', ...at(Number(name)) }), 2))
      assert.deepEqual(await living(stores, ['1', '2', '3', 'own', 'of other']), ['2', '3', 'own', 'of other'])
    })

    test('a token that was just issued stays, whatever else was issued in the same second', async () => {
      await using stores = await withClient()
      for (let round = 0; round < 12; round++) {
        await stores.keepAccessToken(someToken(`t${round}`, 'c', at(1)), 2)
        assert.deepEqual(await living(stores, [`t${round}`]), [`t${round}`])
      }
      const names = Array.from({ length: 12 }, (_, round) => `t${round}`)
      assert.equal((await living(stores, names)).length, 2)
    })

    test('of many that are issued at once none is refused, and the next one leaves as many as the ceiling', async () => {
      await using stores = await withClient()
      const names = Array.from({ length: 40 }, (_, index) => `t${index}`)
      const said = await Promise.all(names.map((name) => stores.keepAccessToken(someToken(name, 'c', at(1)), 3)))
      assert.ok(said.every(Boolean))
      for (const name of ['a', 'b', 'd']) await stores.keepAccessToken(someToken(name, 'c', at(2)), 3)
      assert.deepEqual(await living(stores, [...names, 'a', 'b', 'd']), ['a', 'b', 'd'])
    })
  })
}
