import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoryOutbox } from '../../../test/support/outbox.ts'
import { NoAnswer } from './deliver-due.ts'

const nothing = { delivered: 0, failed: 0, givenUp: 0 }

describe('the outbox', () => {
  test('a delivery is sent once, and reported after it was removed', async () => {
    await using outbox = await memoryOutbox(async () => 'delivered')
    await outbox.queue('a', 'b')
    assert.deepEqual(await outbox.run(), { ...nothing, delivered: 2 })
    assert.deepEqual(await outbox.run(), nothing)
    assert.deepEqual([outbox.sent.toSorted(), await outbox.left()], [['a', 'b'], []])
    assert.deepEqual(new Set(outbox.outcomes.map(({ id, kind }) => `${id} ${kind}`)), new Set(['a delivered', 'b delivered']))
  })

  test('a dropped delivery is removed, and neither counted nor reported', async () => {
    await using outbox = await memoryOutbox(async () => 'dropped')
    await outbox.queue('a')
    assert.deepEqual(await outbox.run(), nothing)
    assert.deepEqual([outbox.outcomes, await outbox.left()], [[], []])
  })

  test('a failed delivery is retried after 5 s, 30 s, 2 min, 10 min, then hourly, and given up when the next attempt would be after its expiry', async () => {
    await using outbox = await memoryOutbox(() => Promise.reject(new Error('refused')))
    await outbox.queue('a')
    const pauses = [5, 30, 120, 600, ...Array<number>(23).fill(3_600)].map((seconds) => seconds * 1000)
    for (const pause of pauses) {
      assert.deepEqual(await outbox.run(), { ...nothing, failed: 1 })
      const outcome = outbox.outcomes.at(-1)
      assert.equal(outcome?.kind === 'failed' && outcome.nextAt, outbox.time.now + pause)
      outbox.time.now += pause - 1
      assert.deepEqual(await outbox.run(), nothing)
      outbox.time.now += 1
    }
    assert.deepEqual(await outbox.run(), { ...nothing, givenUp: 1 })
    assert.equal(outbox.outcomes.at(-1)?.kind, 'given-up')
    assert.deepEqual(await outbox.left(), [])
  })

  test('after NoAnswer nothing more is sent to that recipient in the run; all deliveries to it are retried later, and the others are sent', async () => {
    await using outbox = await memoryOutbox(async ({ clientId }) => {
      if (clientId === 'silent') throw new NoAnswer('timed out')
      return 'delivered'
    })
    await outbox.queue(...Array.from({ length: 100 }, (_, at) => `silent.${at}`), 'other')
    assert.deepEqual(await outbox.run(), { delivered: 1, failed: 100, givenUp: 0 })
    assert.ok(outbox.sent.length <= 33, String(outbox.sent.length))
    outbox.time.now += 5_000
    assert.equal((await outbox.run()).failed, 100)
  })

  test('after any other error the deliveries to the same recipient are still sent in the run', async () => {
    let failures = 1
    await using outbox = await memoryOutbox(async () => {
      if (failures-- > 0) throw new Error('a failure of one delivery')
      return 'delivered'
    })
    await outbox.queue(...Array.from({ length: 100 }, (_, at) => `a.${at}`))
    assert.deepEqual(await outbox.run(), { delivered: 99, failed: 1, givenUp: 0 })
  })

  test('if an outcome cannot be stored, it is reported and counted as a failure, and the delivery is due again after a minute', async () => {
    await using outbox = await memoryOutbox(async () => 'delivered')
    await outbox.queue('a', 'b')
    outbox.faults.store = (id) => {
      if (id === 'a') throw new Error('the disk is full')
    }
    assert.deepEqual(await outbox.run(), { delivered: 1, failed: 1, givenUp: 0 })
    assert.ok(outbox.outcomes.some(({ id, kind }) => id === 'a' && kind === 'not-stored'))
    outbox.faults.store = () => {}
    outbox.time.now += 59_999
    assert.deepEqual(await outbox.run(), nothing)
    outbox.time.now += 1
    assert.deepEqual(await outbox.run(), { ...nothing, delivered: 1 })
  })

  test('two concurrent runs send each delivery once', async () => {
    await using outbox = await memoryOutbox(async () => 'delivered')
    await outbox.queue(...Array.from({ length: 100 }, (_, at) => `a.${at}`))
    await Promise.all([outbox.run(), outbox.run()])
    assert.deepEqual([outbox.sent.length, new Set(outbox.sent).size], [100, 100])
  })
})

describe('the stop signal', () => {
  test('before a run, nothing is claimed', async () => {
    await using outbox = await memoryOutbox(async () => 'delivered')
    await outbox.queue('a')
    assert.deepEqual(await outbox.run(AbortSignal.abort()), nothing)
    assert.deepEqual(await outbox.run(), { ...nothing, delivered: 1 })
  })

  test('ends attempts in flight, counts no failure, and leaves the deliveries due at once', async () => {
    const stop = new AbortController()
    let isStopped = false
    await using outbox = await memoryOutbox(async (_item, signal) => {
      if (isStopped) return 'delivered'
      const aborted = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      stop.abort()
      return aborted
    })
    await outbox.queue(...Array.from({ length: 40 }, (_, at) => `a.${at}`))
    assert.deepEqual(await outbox.run(stop.signal), nothing)
    assert.deepEqual(outbox.outcomes, [])
    isStopped = true
    assert.deepEqual(await outbox.run(), { ...nothing, delivered: 40 })
  })

  test('does not undo what was delivered before it', async () => {
    const stop = new AbortController()
    await using outbox = await memoryOutbox(async () => {
      stop.abort()
      return 'delivered'
    })
    await outbox.queue('a')
    assert.deepEqual(await outbox.run(stop.signal), { ...nothing, delivered: 1 })
    assert.deepEqual(await outbox.left(), [])
  })
})
