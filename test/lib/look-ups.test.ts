import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { FetchFailed, type FetchOptions, makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { type LookUp, makeLookUps } from '../../src/lib/look-ups.ts'
import { resolveName } from '../../src/lib/resolve-name.ts'
import { Unavailable } from '../../src/lib/unavailable.ts'
import { startDns } from '../support/dns.ts'
import { startPlainWebServer } from '../support/web-server.ts'

// Look-ups of names that clients chose, with a real DNS server on loopback.

const dns = await startDns()
after(() => dns[Symbol.asyncDispose]())
for (const type of ['A', 'AAAA'] as const) dns.fail('silent.example', type, 'silent')

const isPublic = (address: string) => !address.startsWith('10.')
const time = { now: 0 }
const lookUpsOf = (more: { system?: LookUp } = {}) => makeLookUps({ isPublic, clock: () => time.now, servers: dns.servers, ...more })
const lookUps = lookUpsOf()
after(() => lookUps[Symbol.dispose]())

const addressesOf = async (hostname: string) => (await lookUps.fenced(hostname)).map(({ address, family }) => `${address} ${family}`)

const isFailure = (error: unknown): boolean => error instanceof Error && !(error instanceof Unavailable)
const isUnavailable = (error: unknown): boolean => {
  assert.ok(error instanceof Unavailable)
  assert.equal(error.message, 'too many name look-ups are under way')
  return true
}

test('a look-up returns the addresses of both families, and one family may be empty', async () => {
  dns.answer('both.example', ['192.0.2.1', '2001:db8::1', '192.0.2.2'])
  dns.answer('old.example', ['192.0.2.1'])
  dns.answer('new.example', ['2001:db8::1'])
  assert.deepEqual(await addressesOf('both.example'), ['192.0.2.1 4', '192.0.2.2 4', '2001:db8::1 6'])
  assert.deepEqual(await addressesOf('old.example'), ['192.0.2.1 4'])
  assert.deepEqual(await addressesOf('new.example'), ['2001:db8::1 6'])
})

test('RFC 4074 §4: if a name server fails for one address family, the addresses of the other are used', async () => {
  for (const [name, type] of [
    ['no-aaaa.example', 'AAAA'],
    ['no-a.example', 'A'],
  ] as const) {
    dns.answer(name, ['192.0.2.1', '2001:db8::1'])
    dns.fail(name, type, 'SERVFAIL')
  }
  assert.deepEqual(await addressesOf('no-aaaa.example'), ['192.0.2.1 4'])
  assert.deepEqual(await addressesOf('no-a.example'), ['2001:db8::1 6'])
})

test('if only one address family resolves, its addresses are checked like all others', async () => {
  dns.answer('inner.example', ['10.0.0.1', '2001:db8::1'])
  dns.fail('inner.example', 'AAAA', 'SERVFAIL')
  await assert.rejects(lookUps.fenced('inner.example'), /inner\.example resolves to 10\.0\.0\.1/)
  dns.answer('empty.example', [])
  await assert.rejects(lookUps.fenced('empty.example'), /empty\.example resolves to nothing/)
})

test('a failed look-up is cached for 10 seconds; a successful one is not cached', async () => {
  for (let count = 0; count < 3; count++) await assert.rejects(lookUps.fenced('later.example'), /ENOTFOUND/)
  assert.equal(dns.asked('later.example'), 1)
  dns.answer('later.example', ['192.0.2.1'])
  time.now += 9_999
  await assert.rejects(lookUps.fenced('later.example'), /ENOTFOUND/)
  time.now += 1
  for (let count = 0; count < 2; count++) assert.deepEqual(await addressesOf('later.example'), ['192.0.2.1 4'])
  assert.equal(dns.asked('later.example'), 3)
})

test('concurrent look-ups of one name are one look-up', async () => {
  dns.answer('shared.example', ['192.0.2.1'])
  const all = await Promise.all(Array.from({ length: 50 }, () => addressesOf('shared.example')))
  assert.ok(all.every(([address]) => address === '192.0.2.1 4'))
  assert.equal(dns.asked('shared.example'), 1)
})

test('with silent names 32 look-ups run at once, 64 more wait for a while, and the next is refused at once; all end', async () => {
  let ended = 0
  const flood = Array.from({ length: 96 }, (_, at) =>
    lookUps
      .fenced(`n${at}.silent.example`)
      .catch((error: unknown) => error)
      .finally(() => ended++),
  )
  await assert.rejects(lookUps.fenced('both.example'), isUnavailable)
  assert.equal(ended, 0, 'refused at once, while all others run or wait')
  const errors = await Promise.all(flood)
  assert.deepEqual([errors.slice(0, 32).filter(isFailure).length, errors.slice(32).filter(isUnavailable).length], [32, 64])
  assert.equal(dns.askedBelow('silent.example'), 32)
  assert.deepEqual(await addressesOf('old.example'), ['192.0.2.1 4'], 'the places are free again')
  await assert.rejects(
    lookUps.fenced('n95.silent.example'),
    isFailure,
    'that there was no place is not remembered as a failure of the name',
  )
  assert.equal(dns.askedBelow('silent.example'), 33)
})

test('after a silent name server the next one is used; if three are silent, the look-up is cancelled before the third has timed out', async () => {
  await using mute = new AsyncDisposableStack()
  const silent: string[] = []
  for (let count = 0; count < 3; count++) {
    const server = mute.use(await startDns())
    for (const type of ['A', 'AAAA'] as const) server.fail('example', type, 'silent')
    silent.push(...server.servers)
  }
  dns.answer('second.example', ['192.0.2.1'])
  const ask = (servers: readonly string[]) => resolveName('second.example', { servers, signal: new AbortController().signal })
  const found = ask([...silent.slice(1, 2), ...dns.servers])
  await assert.rejects(ask(silent), /ECANCELLED/)
  assert.deepEqual(await found, [{ address: '192.0.2.1', family: 4 }])
})

test("at most two look-ups of exempt names occupy threads, and the operator's own names do not wait for them", async () => {
  let [open, most] = [0, 0]
  const gate = Promise.withResolvers<void>()
  const system: LookUp = async (hostname) => {
    if (hostname === 'hook.internal') return [{ address: '10.0.0.1', family: 4 }]
    most = Math.max(most, ++open)
    await gate.promise
    open--
    return [{ address: '10.0.0.2', family: 4 }]
  }
  using slow = lookUpsOf({ system })
  const strangers = Array.from({ length: 24 }, (_, at) => slow.exempt(`n${at}.corp.internal`))
  assert.deepEqual(await slow.operator('hook.internal'), [{ address: '10.0.0.1', family: 4 }])
  gate.resolve()
  assert.equal((await Promise.all(strangers)).length, 24)
  assert.equal(most, 2)
})

const options: FetchOptions = { types: [], maxBytes: 1_000, timeout: 60_000 }
const closed = { allowPrivate: false, exceptions: [] }

test("while look-ups of clients' silent names use all slots, the operator's hook is reached by name, and a client's fetch is refused with a retry", async () => {
  await using hook = await startPlainWebServer((_request, response) => response.end('yes'))
  await using fetch = makeFencedFetch({ servers: dns.servers, isPublic })
  const flood = Array.from({ length: 96 }, (_, at) => assert.rejects(fetch(`https://f${at}.silent.example/`, options, closed)))
  const refused = assert.rejects(fetch('https://both.example/', options, closed), isUnavailable)
  // Without slots of its own it would be refused like the one before.
  assert.equal((await fetch(`http://localhost:${hook.port}/`, options, 'operator')).body, 'yes')
  await refused
  await Promise.all(flood)
})

const asksAnew = async (asked: number) => {
  while (dns.askedBelow('silent.example') === asked) await once(dns.questions, 'question')
}

test('disposing aborts running look-ups: they do not time out', async () => {
  const asked = dns.askedBelow('silent.example')
  const disposed = lookUpsOf()
  const ended = assert.rejects(disposed.fenced('looked-up.silent.example'), /ECANCELLED/)
  await asksAnew(asked)
  disposed[Symbol.dispose]()
  await ended
})

test('disposing ends a fetch that waits for a look-up', async () => {
  const asked = dns.askedBelow('silent.example')
  const fetch = makeFencedFetch({ servers: dns.servers, isPublic })
  const ended = assert.rejects(fetch('https://fetched.silent.example/', options, closed), (error) => {
    assert.ok(error instanceof FetchFailed)
    assert.match(String(error.cause), /destroyed/, 'the name server did not time out')
    return true
  })
  await asksAnew(asked)
  await fetch[Symbol.asyncDispose]()
  await ended
})
