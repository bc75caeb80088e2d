import { type DeliverDueDeps, type DeliveryOutcome, deliverDue } from '../../src/core/outbox/deliver-due.ts'
import type { Delivery, DeliveryStore } from '../../src/core/outbox/delivery.ts'
import { someClient, someDelivery } from '../storage/fresh-stores.ts'
import { memoryStores } from '../storage/sqlite-file.ts'

/** A delivery of the tests. Its recipient is a client, because the only deliveries in storage are those of logouts. */
export interface SentItem extends Delivery {
  readonly clientId: string
}

type Send = DeliverDueDeps<SentItem>['send']

/** An outbox with real storage, a clock of the test and a `send` of the test. */
export async function memoryOutbox(send: Send) {
  const stores = await memoryStores()
  const time = { now: 1_700_000_000_000 }
  const sent: string[] = []
  const outcomes: (DeliveryOutcome & { readonly id: string })[] = []
  /** Replaced by a test whose database fails. */
  const faults: { store: (id: string) => void } = { store() {} }
  const failing = (store: DeliveryStore<SentItem>): DeliveryStore<SentItem> => ({
    claim: store.claim,
    async done(id) {
      faults.store(id)
      await store.done(id)
    },
    async retryAt(id, at) {
      faults.store(id)
      await store.retryAt(id, at)
    },
  })
  const deps: DeliverDueDeps<SentItem> = {
    withStore: (body) => stores.act((tx) => body(failing(tx.logoutDeliveries))),
    recipientOf: ({ clientId }) => clientId,
    async send(item, signal) {
      sent.push(item.id)
      return send(item, signal)
    },
    report: ({ id }, outcome) => void outcomes.push({ id, ...outcome }),
    clock: () => time.now,
  }
  return {
    time,
    sent,
    outcomes,
    faults,
    run: (signal: AbortSignal = new AbortController().signal) => deliverDue(deps)({ now: time.now, signal }),
    /** Queues a delivery, due now, for each id: `a` and `a.2` go to the recipient `a`. */
    async queue(...ids: readonly string[]): Promise<void> {
      const recipients = new Set(ids.map((id) => id.split('.')[0] ?? id))
      await stores.act(async (tx) => {
        for (const recipient of recipients) await tx.clients.add(someClient(recipient))
        await tx.logoutDeliveries.queue(ids.map((id) => someDelivery(id, id.split('.')[0] ?? id, { nextAt: time.now })))
      })
    },
    /** The ids of the deliveries that are not yet sent or given up, due or not; claims them. */
    async left(): Promise<string[]> {
      const far = Number.MAX_SAFE_INTEGER
      return (await stores.act((tx) => tx.logoutDeliveries.claim(far - 1, far, 1_000))).map(({ id }) => id)
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}
