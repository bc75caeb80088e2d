import type { Clock } from '../../lib/clock.ts'
import type { Delivery, DeliveryStore } from './delivery.ts'

/** The recipient gave no answer. Until the run ends nothing more is sent to it, so that it cannot delay the deliveries to others. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly nextAt: number }
  | { readonly kind: 'given-up'; readonly error: unknown }
  /** The database did not store the outcome: the delivery is due again at the end of its lease. */
  | { readonly kind: 'not-stored'; readonly error: unknown }

export type DeliveryCounts = Record<'delivered' | 'failed' | 'givenUp', number>

export interface DeliverDueDeps<Item extends Delivery> {
  /** Runs `body` in one transaction. */
  readonly withStore: <T>(body: (store: DeliveryStore<Item>) => Promise<T>) => Promise<T>
  readonly recipientOf: (item: Item) => string
  /**
   * Sends one delivery; `dropped` where it is no longer wanted.
   *
   * @throws NoAnswer, or any other error, which is a failure of this delivery alone
   */
  readonly send: (item: Item, signal: AbortSignal) => Promise<'delivered' | 'dropped'>
  /** Counts and logs an outcome, after it was stored. */
  readonly report: (item: Item, outcome: DeliveryOutcome) => void
  readonly clock: Clock
}

/** Milliseconds from one failure to the next attempt; the last one holds for all that follow. */
const backOff = [5_000, 30_000, 120_000, 600_000, 3_600_000]
/** How many deliveries are claimed in one transaction, and how many are sent at the same time. */
const batch = 32
/** Milliseconds until the claim of a process that died ends. An attempt must take less. */
const lease = 60_000

interface Run {
  readonly signal: AbortSignal
  /** The recipients that gave no answer. */
  readonly silent: Set<string>
}

/** The result of an attempt, before it is stored. `interrupted`: the process stops, and the recipient's answer is not known. */
type Attempt = Ended | { readonly kind: 'interrupted' }
type Ended = { readonly kind: 'delivered' } | { readonly kind: 'dropped' } | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Sends the deliveries that are due. A failed one is tried again at growing intervals, and given up when it expires. An abort of `signal`
 * ends a run at once: what was claimed and not sent is due again at once, for another node or the next start. If the process dies, its
 * claims end with their lease. So no delivery is lost, and a recipient may get one twice.
 */
export function deliverDue<Item extends Delivery>(deps: DeliverDueDeps<Item>) {
  const { withStore, clock } = deps
  const putBack = (ids: readonly string[]) =>
    withStore(async (store) => void (await Promise.all(ids.map((id) => store.retryAt(id, clock())))))
  return async ({ now, signal }: { now: number; signal: AbortSignal }): Promise<DeliveryCounts> => {
    const counts: DeliveryCounts = { delivered: 0, failed: 0, givenUp: 0 }
    const run: Run = { signal, silent: new Set() }
    const interrupted: string[] = []
    const due = claimed(async () => (signal.aborted ? [] : withStore((store) => store.claim(now, clock() + lease, batch))))
    const worker = async () => {
      for await (const item of due) {
        const attempt = await attemptOf(item, run, deps)
        if (attempt.kind === 'interrupted') interrupted.push(item.id)
        else countIn(counts, await settle(item, attempt, deps))
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: batch }, worker))
    if (interrupted.length > 0) await putBack(interrupted)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return counts
  }
}

/** The items of one claim after another, until a claim is not full. Workers share it: they wait for a claim, never for another worker. */
async function* claimed<Item>(claim: () => Promise<readonly Item[]>): AsyncGenerator<Item, void> {
  let items: readonly Item[]
  do {
    items = await claim()
    yield* items
  } while (items.length === batch)
}

async function attemptOf<Item extends Delivery>(item: Item, { signal, silent }: Run, deps: DeliverDueDeps<Item>): Promise<Attempt> {
  if (signal.aborted) return { kind: 'interrupted' }
  const recipient = deps.recipientOf(item)
  if (silent.has(recipient)) return { kind: 'failed', error: new NoAnswer('the recipient gave no answer a moment ago') }
  try {
    return { kind: await deps.send(item, signal) }
  } catch (error) {
    if (signal.aborted) return { kind: 'interrupted' }
    if (error instanceof NoAnswer) silent.add(recipient)
    return { kind: 'failed', error }
  }
}

/** Stores the result of an attempt and reports it. A database that fails ends neither the run nor the other deliveries. */
async function settle<Item extends Delivery>(
  item: Item,
  attempt: Ended,
  deps: DeliverDueDeps<Item>,
): Promise<DeliveryOutcome['kind'] | 'dropped'> {
  const nextAt = deps.clock() + (backOff[item.attempts - 1] ?? backOff.at(-1) ?? 0)
  const isTriedAgain = attempt.kind === 'failed' && nextAt < item.expiresAt
  const report = (outcome: DeliveryOutcome) => {
    deps.report(item, outcome)
    return outcome.kind
  }
  try {
    await deps.withStore((store) => (isTriedAgain ? store.retryAt(item.id, nextAt) : store.done(item.id)))
  } catch (error) {
    return report({ kind: 'not-stored', error })
  }
  if (attempt.kind === 'dropped') return 'dropped'
  if (attempt.kind === 'delivered') return report({ kind: 'delivered' })
  const { error } = attempt
  return report(isTriedAgain ? { kind: 'failed', error, nextAt } : { kind: 'given-up', error })
}

function countIn(counts: DeliveryCounts, kind: DeliveryOutcome['kind'] | 'dropped'): void {
  if (kind === 'delivered') counts.delivered++
  else if (kind === 'given-up') counts.givenUp++
  else if (kind !== 'dropped') counts.failed++
}
