import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { businessEvents } from './business-events.ts'
import { makeMetrics } from './metrics.ts'

const root = join(import.meta.dirname, '../..')

/** Each metric of this server, as docs/operations.md lists it. */
function documented(): Map<string, string> {
  const text = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const table = text.slice(text.indexOf('<!-- metrics:begin -->'), text.indexOf('<!-- metrics:end -->'))
  return new Map([...table.matchAll(/^\| `(clientele_\w+)` \| (.*?) ?\| /gm)].map(([, name = '', labels = '']) => [name, labels.trim()]))
}

describe('the list of metrics in docs/operations.md', () => {
  test('contains every metric, and no other', async () => {
    const metrics = makeMetrics()
    metrics.showPool(() => ({ inUse: 1, idle: 2, waiting: 3 }))
    const names = [...(await metrics.text()).matchAll(/^# TYPE (clientele_\w+) /gm)].map(([, name]) => name)
    assert.deepEqual([...documented().keys()].sort(), names.sort())
  })

  test('contains the labels of every counter', () => {
    for (const [event, { labels }] of Object.entries(businessEvents))
      assert.equal(documented().get(`clientele_${event}_total`), labels.map((label) => `\`${label}\``).join(', '), event)
  })

  test('contains every event that is counted anywhere', () => {
    const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
    const counted = sources.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/\bcount\('(\w+)'|\brecord\(tx, '([\w.]+)'/g)].map((match) => (match[1] ?? match[2] ?? '').replace('.', '_'))
    })
    assert.ok(counted.length > 10)
    assert.deepEqual([...new Set(counted)].sort(), Object.keys(businessEvents).sort())
  })
})

test('the state of the pool is read at each scrape', async () => {
  const metrics = makeMetrics()
  let waiting = 3
  metrics.showPool(() => ({ inUse: 1, idle: 2, waiting }))
  assert.match(await metrics.text(), /^clientele_database_pool_waiting 3$/m)
  waiting = 0
  const text = await metrics.text()
  assert.match(text, /^clientele_database_pool_waiting 0$/m)
  assert.match(text, /^clientele_database_pool_connections\{state="in_use"\} 1$/m)
})
