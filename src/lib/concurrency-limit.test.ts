import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { Unavailable } from './unavailable.ts'

/** Lets the callbacks of settled promises run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Work that ends when the test says so. */
function slowWork(limit: ConcurrencyLimit) {
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const start = (name: string): Promise<string> =>
    limit.run(() => {
      begun.push(name)
      return new Promise((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve(name))))
    })
  return { begun, start, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

describe('a concurrency limit', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())
  const two = () => slowWork(new ConcurrencyLimit({ what: 'look-ups', running: 2, waiting: 2, maxWait: 1_000 }))
  const refused = { name: Unavailable.name, message: 'too many look-ups are under way' }

  test('further work waits in order of arrival, and begins when other work ends or fails', async () => {
    const { begun, start, end } = two()
    const [a, b, c, d] = [start('a'), start('b'), start('c'), start('d')]
    await settle()
    assert.deepEqual(begun, ['a', 'b'])
    end('b')
    assert.equal(await b, 'b')
    await settle()
    assert.deepEqual(begun, ['a', 'b', 'c'])
    end('a', new Error('it failed'))
    await assert.rejects(a, /it failed/)
    await settle()
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    for (const name of ['c', 'd']) end(name)
    assert.deepEqual(await Promise.all([c, d]), ['c', 'd'])
  })

  test('if the queue is full, further work is refused at once', async () => {
    const { begun, start } = two()
    for (const name of ['a', 'b', 'c', 'd']) void start(name)
    await assert.rejects(start('e'), refused)
    assert.deepEqual(begun, ['a', 'b'])
  })

  test('work that waits too long is refused and leaves the queue', async () => {
    const { begun, start, end } = two()
    for (const name of ['a', 'b']) void start(name)
    const late = [start('c'), start('d')].map((one) => assert.rejects(one, refused))
    mock.timers.tick(1_000)
    await Promise.all(late)
    const next = start('e')
    end('a')
    await settle()
    assert.deepEqual(begun, ['a', 'b', 'e'])
    end('e')
    assert.equal(await next, 'e')
  })

  test('a slot that no work waited for is free again', async () => {
    const { begun, start, end } = two()
    const first = start('a')
    end('a')
    await first
    for (const name of ['b', 'c']) void start(name)
    await settle()
    assert.deepEqual(begun, ['a', 'b', 'c'])
  })
})
