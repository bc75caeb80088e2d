import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FailureWaits } from './failure-waits.ts'

const ada = { account: 'ada', source: '192.0.2.1' }

function withClock(most?: number) {
  const time = { now: 1_800_000_000_000 }
  const waits = new FailureWaits(() => time.now, most)
  const fail = async (count: number, guessed = ada) => {
    for (let at = 0; at < count; at++) assert.equal(await waits.counted(guessed, async () => false), false)
  }
  return { time, waits, fail }
}

describe('waits after failures', () => {
  test('ten failures have no wait; each further one doubles it from 1 s to 60 s', async () => {
    const { time, waits, fail } = withClock()
    await fail(10)
    assert.equal(waits.secondsLeft(ada), 0)
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      await fail(1)
      assert.equal(waits.secondsLeft(ada), seconds)
      time.now += seconds * 1000 - 1
      assert.equal(waits.secondsLeft(ada), 1)
      time.now += 1
      assert.equal(waits.secondsLeft(ada), 0)
    }
  })

  test('are separate for each account and each source', async () => {
    const { waits, fail } = withClock()
    await fail(11)
    const others = [
      { ...ada, account: 'bob' },
      { ...ada, source: '192.0.2.2' },
      { account: 'ada\n192.0.2.1', source: '' },
    ]
    assert.deepEqual([waits.secondsLeft(ada), ...others.map((one) => waits.secondsLeft(one))], [1, 0, 0, 0])
  })

  test('end with a success, which forgets the failures', async () => {
    const { waits, fail } = withClock()
    await fail(12)
    assert.equal(await waits.counted(ada, async () => true), true)
    await fail(10)
    assert.equal(waits.secondsLeft(ada), 0)
  })

  test('begin when an attempt begins, so concurrent attempts are all counted', async () => {
    const { waits } = withClock()
    const verdict = Promise.withResolvers<boolean>()
    const attempts = Array.from({ length: 11 }, () => waits.counted(ada, () => verdict.promise))
    assert.equal(waits.secondsLeft(ada), 1)
    verdict.resolve(false)
    await Promise.all(attempts)
    assert.equal(waits.secondsLeft(ada), 1)
  })

  test('an attempt without a verdict is not counted', async () => {
    const { waits, fail } = withClock()
    await fail(10)
    await assert.rejects(
      waits.counted(ada, () => Promise.reject(new Error('too many slow hashes'))),
      { message: 'too many slow hashes' },
    )
    assert.equal(waits.secondsLeft(ada), 0)
    await fail(1)
    assert.equal(waits.secondsLeft(ada), 1)
    await assert.rejects(waits.counted(ada, () => Promise.reject(new Error('too many slow hashes'))))
    assert.equal(waits.secondsLeft(ada), 1)
  })
})

describe('the memory of failures', () => {
  test('has a bound: the counter that failed longest ago is evicted', async () => {
    const { waits, fail } = withClock(3)
    for (const account of ['a', 'b', 'c', 'd']) await fail(11, { ...ada, account })
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((account) => waits.secondsLeft({ ...ada, account })),
      [0, 1, 1, 1],
    )
  })

  test('attempts at made-up accounts do not evict a counter that has a wait', async () => {
    const { time, waits, fail } = withClock(3)
    await fail(12)
    for (let at = 0; at < 100; at++) await fail(10, { ...ada, account: `made up ${at}` })
    assert.equal(waits.secondsLeft(ada), 2)
    time.now += 2_000
    await fail(1)
    assert.equal(waits.secondsLeft(ada), 4)
  })
})
