import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { emptiness, searchTrace } from './leaks.ts'

const token = `ory_at_${'aB3-_'.repeat(8)}xyz`
const secret = 'Zz9.~-Zz9.~-Zz9.~-Zz9.~-Zz'
const chosen = 'correct horse battery staple'

describe('the search for secrets in logs', () => {
  let trace = ''
  beforeEach(() => {
    trace = mkdtempSync(join(tmpdir(), 'clientele-leaks-'))
    for (const part of ['logs', 'secrets']) mkdirSync(join(trace, part))
    writeFileSync(join(trace, 'secrets', '1.txt'), `${token}\n${secret}\n`)
    writeFileSync(join(trace, 'secrets', '2.txt'), `${chosen}\nshort\n`)
  })
  afterEach(() => rmSync(trace, { recursive: true, force: true }))

  const search = (...lines: string[]) => {
    writeFileSync(join(trace, 'logs', 'server.log'), lines.map((line) => `${line}\n`).join(''))
    return searchTrace(trace)
  }

  const innocent = '{"level":"info","request_id":"3f1c0f0e-6d0b-4a55-8f5c-2a4ab6c8a111","url":"/oauth2/register/short","status":401}'

  test('finds nothing in lines without secrets, and counts the lines', async () => {
    assert.deepEqual(await search(innocent, innocent), { leaks: [], logs: 1, lines: 2, secrets: 3 })
  })

  test('reports the line with the secret masked', async () => {
    const { leaks } = await search(innocent, `{"authorization":"Bearer ${token}"}`)
    assert.equal(leaks.length, 1)
    assert.equal(leaks[0]?.line, 2)
    assert.match(leaks[0]?.text ?? '', /^\{"authorization":"Bearer ory_at_…\[50 characters\]"\}$/)
  })

  for (const [how, line] of [
    ['inside a longer run', `prefix${token}suffix`],
    ['percent-encoded', `client_secret=${encodeURIComponent(secret).replaceAll('~', '%7E').replaceAll('.', '%2e')}`],
    ['inside Basic credentials', `Basic ${Buffer.from(`some-client:${secret}`).toString('base64')}`],
    ['inside form-encoded Basic credentials', `Basic ${Buffer.from(`some-client:${secret.replaceAll('~', '%7E')}`).toString('base64')}`],
    ['chosen by a person, with spaces', `password: ${chosen}!`],
  ] as const)
    test(`finds a secret ${how}`, async () => {
      const { leaks } = await search(innocent, line)
      assert.equal(leaks.length, 1)
      for (const value of [token, secret, chosen, line]) assert.ok(!leaks[0]?.text.includes(value), value)
    })

  test('finds each of ten thousand secrets quickly', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `ory_rat_${String(i).padStart(43, 'x')}`)
    writeFileSync(join(trace, 'secrets', '3.txt'), many.join('\n'))
    const { leaks } = await search(...many.map((value) => `{"token":"${value}","request_id":"3f1c0f0e-6d0b-4a55-8f5c-2a4ab6c8a111"}`))
    assert.equal(leaks.length, 10_000)
  })

  test('reports when a search has no significance', async () => {
    assert.equal(emptiness({ leaks: [], logs: 0, lines: 0, secrets: 0 }), undefined)
    assert.equal(emptiness({ leaks: [], logs: 1, lines: 5, secrets: 2 }), undefined)
    assert.match(emptiness({ leaks: [], logs: 1, lines: 5, secrets: 0 }) ?? '', /no test recorded a secret/)
    assert.match(emptiness({ leaks: [], logs: 1, lines: 0, secrets: 2 }) ?? '', /no server wrote a log line/)
  })

  test('searches a run without a trace folder', async () => {
    rmSync(join(trace, 'logs'), { recursive: true })
    rmSync(join(trace, 'secrets'), { recursive: true })
    assert.deepEqual(await searchTrace(trace), { leaks: [], logs: 0, lines: 0, secrets: 0 })
  })
})
