import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogoutDelivery } from '../../src/core/logout/logout-delivery.ts'
import { type FreshStores, freshStores, type OpenDatabase, removeEnded, someClient, someDelivery } from './fresh-stores.ts'

const now = 1_700_000_000_000

export function logoutDeliveryContract(open: OpenDatabase): void {
  /** Stores with a client `c` and these deliveries to it. */
  async function queued(...deliveries: readonly LogoutDelivery[]): Promise<FreshStores> {
    const stores = await freshStores(open)
    await stores.act(async (tx) => {
      await tx.clients.add(someClient('c'))
      await tx.logoutDeliveries.queue(deliveries)
    })
    return stores
  }
  const claim = ({ act }: FreshStores, at = now, leaseUntil = at + 60_000, limit = 32) =>
    act((tx) => tx.logoutDeliveries.claim(at, leaseUntil, limit))
  const idsOf = (deliveries: readonly LogoutDelivery[]) => deliveries.map(({ id }) => id).sort()

  describe('deliveries of logouts', () => {
    test('a queued delivery is claimed unchanged, with one more attempt and a lease, and not before it is due', async () => {
      const [plain, whose] = [someDelivery('a', 'c'), someDelivery('b', 'c', { subject: 'ann', nextAt: now + 1 })]
      await using stores = await queued(plain, whose)
      assert.deepEqual(await claim(stores, now - 1), [])
      assert.deepEqual(await claim(stores, now, now + 500), [{ ...plain, attempts: 1, nextAt: now + 500 }])
      assert.deepEqual(await claim(stores, now + 1, now + 500), [{ ...whose, attempts: 1, nextAt: now + 500 }])
    })

    test('those due longest are claimed first, at most the requested number', async () => {
      await using stores = await queued(...[3, 1, 4, 2, 5].map((age) => someDelivery(`d${age}`, 'c', { nextAt: now - age })))
      assert.deepEqual(idsOf(await claim(stores, now, now + 1, 2)), ['d4', 'd5'])
      assert.deepEqual(idsOf(await claim(stores, now, now + 1, 2)), ['d2', 'd3'])
      assert.deepEqual(idsOf(await claim(stores, now, now + 1, 2)), ['d1'])
    })

    test('an unfinished claim can be claimed again when its lease has expired', async () => {
      await using stores = await queued(someDelivery('a', 'c'))
      await claim(stores, now, now + 500)
      assert.deepEqual(await claim(stores, now + 499), [])
      assert.equal((await claim(stores, now + 500))[0]?.attempts, 2)
    })

    test('retryAt postpones a delivery and done removes it; for a missing one both do nothing', async () => {
      await using stores = await queued(someDelivery('a', 'c'))
      await claim(stores)
      await stores.act((tx) => tx.logoutDeliveries.retryAt('a', now + 5))
      assert.deepEqual(await claim(stores, now + 4), [])
      assert.deepEqual(idsOf(await claim(stores, now + 5)), ['a'])
      for (let round = 0; round < 2; round++) await stores.act((tx) => tx.logoutDeliveries.done('a'))
      await stores.act((tx) => tx.logoutDeliveries.retryAt('a', now))
      assert.deepEqual(await claim(stores, now + 1_000_000), [])
    })

    test('concurrent claims never return the same delivery', async () => {
      await using stores = await queued(...Array.from({ length: 40 }, (_, at) => someDelivery(`d${at}`, 'c')))
      const claimed = await Promise.all(Array.from({ length: 8 }, () => claim(stores, now, now + 60_000, 10)))
      const ids = idsOf(claimed.flat())
      assert.equal(new Set(ids).size, ids.length, 'none twice')
      const rest = idsOf([...(await claim(stores)), ...(await claim(stores))])
      assert.equal(new Set([...ids, ...rest]).size, 40, 'none lost')
    })

    test('deliveries are removed with their client, and a deleted client is skipped', async () => {
      await using stores = await queued(someDelivery('a', 'c'))
      await stores.act((tx) => tx.clients.remove('c', 1, 1))
      await removeEnded(stores, now)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('other'))
        await tx.logoutDeliveries.queue([someDelivery('b', 'c'), someDelivery('d', 'other')])
      })
      assert.deepEqual(idsOf(await claim(stores)), ['d'])
    })

    test('deliveries are queued only if their transaction commits', async () => {
      await using stores = await queued()
      await stores.act((tx) => tx.logoutDeliveries.queue([]))
      const refused = stores.act(async (tx) => {
        await tx.logoutDeliveries.queue([someDelivery('a', 'c'), someDelivery('b', 'c')])
        throw new Error('refused')
      })
      await assert.rejects(refused, { message: 'refused' })
      assert.deepEqual(await claim(stores), [])
    })

    test('deliveries are removed at their own expiry, in batches, oldest first', async () => {
      await using stores = await queued(...[-2, -1, 0, 1].map((age) => someDelivery(`d${age}`, 'c', { expiresAt: now + age })))
      const remove = (limit: number) => stores.act((tx) => tx.logoutDeliveries.removeExpired(now, limit))
      assert.deepEqual([await remove(2), await remove(2), await remove(2)], [2, 1, 0])
      assert.deepEqual(idsOf(await claim(stores)), ['d1'])
    })
  })
}
