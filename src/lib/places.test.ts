import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { Places } from './places.ts'
import { Unavailable } from './unavailable.ts'

/** Lets everything that is settled be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Work that ends when the test says so. */
function slowWork(places: Places) {
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const start = (name: string): Promise<string> =>
    places.run(() => {
      begun.push(name)
      return new Promise((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve(name))))
    })
  return { begun, start, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

describe('a bounded number of places', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())
  const two = () => slowWork(new Places({ what: 'look-ups', atOnce: 2, waiting: 2, patience: 1_000 }))
  const refused = { name: Unavailable.name, message: 'too many look-ups are under way' }

  test('work beyond it waits in order of arrival, and begins when other work ends or fails', async () => {
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

  test('where the line is full, the next one is refused at once', async () => {
    const { begun, start } = two()
    for (const name of ['a', 'b', 'c', 'd']) void start(name)
    await assert.rejects(start('e'), refused)
    assert.deepEqual(begun, ['a', 'b'])
  })

  test('a wait ends with a refusal, and its place in the line is free again', async () => {
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

  test('a place that was never handed on is free for the next one', async () => {
    const { begun, start, end } = two()
    const first = start('a')
    end('a')
    await first
    for (const name of ['b', 'c']) void start(name)
    await settle()
    assert.deepEqual(begun, ['a', 'b', 'c'])
  })
})
