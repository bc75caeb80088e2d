import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GrantPlace } from '../../src/core/grants/grant.ts'
import type { SessionClient } from '../../src/core/sessions/session-clients.ts'
import {
  freshStores,
  type OpenDatabase,
  removeEnded,
  type Stores,
  someClient,
  someCode,
  someConsent,
  someFlow,
  someGrant,
  someLogin,
  someLogout,
  someRefreshToken,
  someSession,
  someToken,
} from './fresh-stores.ts'

const now = 1_700_000_000_000
const openConsent = { challenge: 'consent-challenge', csrf: 'consent-csrf', skip: true }
const many = 1_000

/** A client with a grant, a code, a refresh token and an access token, all with the same name. */
async function addGrantOf(tx: Stores, clientId: string, id: string, over: Parameters<typeof someGrant>[2] = {}): Promise<void> {
  await tx.grants.open(someGrant(id, clientId, over))
  await tx.codes.add(someCode(id, id))
  await tx.refreshTokens.add(someRefreshToken(id, id))
  await tx.accessTokens.add(someToken(id, clientId, { grantId: id }))
}

/** Which of grant, code, refresh token and access token exist. */
const present = async ({ grants, codes, refreshTokens, accessTokens }: Stores, id: string): Promise<boolean[]> =>
  (await Promise.all([grants.find(id), codes.find(id), refreshTokens.find(id), accessTokens.find(id)])).map((row) => row !== undefined)

const times = <T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))

export function loginContract(open: OpenDatabase): void {
  flowContract(open)
  sessionContract(open)
  grantContract(open)
  codeAndRefreshContract(open)
  logoutContract(open)
  belongingContract(open)
  expiryContract(open)
}

function flowContract(open: OpenDatabase): void {
  describe('authorization flows', () => {
    test('an added flow is found unchanged, whatever its values', async () => {
      await using stores = await freshStores(open)
      const bare = someFlow('bare', 'c')
      const full = someFlow('full', 'c', {
        session: { id: 's', known: { subject: 'ada \u{1f98a}', authenticatedAt: now } },
        request: {
          ...bare.request,
          state: 'a\u0000b"\\',
          nonce: 'n',
          codeChallenge: 'x',
          maxAge: 0,
          oidcContext: { idTokenHintClaims: { sub: 'x' } },
        },
      })
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        for (const flow of [bare, full]) await tx.flows.add(flow, many)
      })
      assert.deepEqual(await stores.read.flows.find('bare'), bare)
      assert.deepEqual(await stores.read.flows.find('full'), full)
      assert.equal(await stores.read.flows.find('Bare'), undefined)
    })

    test('an answer replaces the previous one and its verifier, until the newest verifier is spent; it is spent once', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.flows.add(someFlow('f', 'c'), many)
        await tx.flows.add(someFlow('beside', 'c'), many)
      })
      const said = await stores.act(async ({ flows }) => [
        await flows.passLogin('f', 'v1', now, openConsent),
        await flows.decideLogin('f', { kind: 'rejected', error: 'e', description: 'd' }, 'v1'),
        await flows.decideLogin('f', someLogin(), 'v2'),
        await flows.decideLogin('nobody', someLogin(), 'v2'),
        await flows.passLogin('f', 'v1', now, openConsent),
        await flows.passLogin('beside', 'v2', now, openConsent),
        await flows.passLogin('f', 'v2', now, openConsent),
        await flows.passLogin('f', 'v2', now + 1, { ...openConsent, challenge: 'other' }),
        await flows.decideLogin('f', someLogin({ subject: 'eve' }), 'v3'),
      ])
      assert.deepEqual(said, [false, true, true, false, false, false, true, false, false])
      const { login, consent } = (await stores.read.flows.find('f')) ?? {}
      assert.deepEqual(login, { ...someFlow('f', 'c').login, decision: someLogin(), verifier: 'v2', spentAt: now })
      assert.deepEqual(consent, openConsent)
      assert.deepEqual(await stores.read.flows.find('beside'), someFlow('beside', 'c'))
    })

    test('consent can be answered only after it was requested, and its newest verifier is spent once', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.flows.add(someFlow('f', 'c'), many)
      })
      const said = await stores.act(async ({ flows }) => [
        await flows.decideConsent('f', someConsent(), 'v0'),
        await flows.passConsent('f', 'v0', now),
        await flows.decideLogin('f', someLogin(), 'l'),
        await flows.passLogin('f', 'l', now, { ...openConsent, skip: false }),
        await flows.decideConsent('f', { kind: 'rejected', error: 'e', description: 'd' }, 'v1'),
        await flows.decideConsent('f', someConsent(), 'v2'),
        await flows.passConsent('f', 'v1', now),
        await flows.passConsent('f', 'v2', now),
        await flows.passConsent('f', 'v2', now),
        await flows.decideConsent('f', someConsent(), 'v3'),
      ])
      assert.deepEqual(said, [false, false, true, true, true, true, false, true, false, false])
      const consent = { challenge: 'consent-challenge', csrf: 'consent-csrf', skip: false, verifier: 'v2', spentAt: now }
      assert.deepEqual((await stores.read.flows.find('f'))?.consent, { ...consent, decision: someConsent() })
    })

    test('of many concurrent requests with one verifier exactly one succeeds', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.flows.add(someFlow('f', 'c'), many)
        await tx.flows.decideLogin('f', someLogin(), 'v')
      })
      const consents = await times(20, (at) =>
        stores.act((tx) => tx.flows.passLogin('f', 'v', now, { ...openConsent, challenge: `c${at}` })),
      )
      assert.equal(consents.filter(Boolean).length, 1)
      assert.equal((await stores.read.flows.find('f'))?.consent?.challenge, `c${consents.indexOf(true)}`)
      await stores.act((tx) => tx.flows.decideConsent('f', someConsent(), 'w'))
      const passed = await times(20, () => stores.act((tx) => tx.flows.passConsent('f', 'w', now)))
      assert.equal(passed.filter(Boolean).length, 1)
    })

    test('at the limit the oldest unaccepted flow of the same address is evicted; accepted ones and other addresses stay', async () => {
      await using stores = await freshStores(open)
      const flow = (id: string, at: number, address = 'here') => someFlow(id, 'c', { address, createdAt: now + at })
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.flows.add(flow('elsewhere', 0, 'there'), 3)
        for (const [at, id] of ['answered', 'oldest', 'second', 'third'].entries()) await tx.flows.add(flow(id, at), many)
        await tx.flows.decideLogin('answered', someLogin(), 'v')
      })
      const left = async () => {
        const ids = ['elsewhere', 'answered', 'oldest', 'second', 'third', 'fourth', 'fifth']
        const found = await Promise.all(ids.map((id) => stores.read.flows.find(id)))
        return ids.filter((_, at) => found[at])
      }
      await stores.act((tx) => tx.flows.add(flow('fourth', 4), 3))
      assert.deepEqual(await left(), ['elsewhere', 'answered', 'second', 'third', 'fourth'])
      await stores.act((tx) => tx.flows.add(flow('fifth', 5), 3))
      assert.deepEqual(await left(), ['elsewhere', 'answered', 'third', 'fourth', 'fifth'])
    })

    test('of many concurrent flows from one address all are stored, and at most the limit remain', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.clients.add(someClient('c')))
      await times(24, (at) => stores.act((tx) => tx.flows.add(someFlow(`f${at}`, 'c', { createdAt: now + at }), 8)))
      await stores.act((tx) => tx.flows.add(someFlow('last', 'c', { createdAt: now + 100 }), 8))
      const found = await times(24, (at) => stores.read.flows.find(`f${at}`))
      assert.equal(found.filter(Boolean).length, 7)
      assert.ok(await stores.read.flows.find('last'))
    })
  })
}

function sessionContract(open: OpenDatabase): void {
  describe('login sessions', () => {
    test('start, find, extend and end; of two that end one session only one succeeds', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.sessions.start(someSession('s')))
      assert.deepEqual(await stores.read.sessions.find('s'), someSession('s'))
      await stores.act(async (tx) => {
        await tx.sessions.extend('s', now + 5)
        await tx.sessions.extend('gone', now + 5)
      })
      assert.deepEqual(await stores.read.sessions.find('s'), someSession('s', { expiresAt: now + 5 }))
      assert.equal(await stores.read.sessions.find('gone'), undefined)
      const ended = await times(10, () => stores.act((tx) => tx.sessions.end('s')))
      assert.equal(ended.filter(Boolean).length, 1)
      assert.equal(await stores.read.sessions.find('s'), undefined)
    })

    test('endAll ends every session of one person, removeEnded names them, and a later session lives', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of ['a', 'b']) await tx.sessions.start(someSession(id))
        await tx.sessions.start(someSession('other', { subject: 'Ada' }))
      })
      assert.equal(await stores.act((tx) => tx.sessions.endAll('ada', 1)), true)
      assert.deepEqual([await stores.read.sessions.find('a'), await stores.read.sessions.find('b')], [undefined, undefined])
      assert.equal(await stores.act((tx) => tx.sessions.end('a')), false)
      assert.equal(await stores.act((tx) => tx.sessions.endAll('ada', 1)), false)
      await stores.act((tx) => tx.sessions.start(someSession('later')))
      assert.equal((await stores.act((tx) => tx.sessions.removeEnded(1, 1))).length, 1)
      const rest = [
        ...(await stores.act((tx) => tx.sessions.removeEnded(1, 9))),
        ...(await stores.act((tx) => tx.sessions.removeEnded(1, 9))),
      ]
      assert.equal(rest.length, 1)
      assert.ok(await stores.read.sessions.find('later'))
      assert.ok(await stores.read.sessions.find('other'))
    })

    test('a session that is there and not over is held', async () => {
      await using stores = await freshStores(open)
      await stores.act((tx) => tx.sessions.start(someSession('s', { expiresAt: now })))
      const held = await stores.act((tx) =>
        Promise.all([tx.sessions.hold('s', now - 1), tx.sessions.hold('s', now), tx.sessions.hold('x', 0)]),
      )
      assert.deepEqual(held, [true, false, false])
    })
  })

  describe('the clients of a session', () => {
    const first = (clientId: string): SessionClient => ({ clientId, generation: 1 })
    const idsOf = (clients: readonly SessionClient[]) => clients.map(({ clientId }) => clientId).toSorted()

    const withClients = async () => {
      const stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of 'abcd') await tx.clients.add(someClient(id))
      })
      return stores
    }

    test('are each taken once, with the session they took part in and no other', async () => {
      await using stores = await withClients()
      await stores.act(async (tx) => {
        for (const id of ['s', 'S']) await tx.sessions.start(someSession(id))
        for (const [session, client] of ['sc', 'sc', 'sd', 'Sd'].map((pair) => [...pair] as [string, string]))
          await tx.sessionClients.note(session, first(client), now)
        await tx.sessionClients.note('gone', first('c'), now)
      })
      const take = async (session: string) => idsOf(await stores.act((tx) => tx.sessionClients.take(session)))
      assert.deepEqual([await take('s'), await take('s'), await take('S'), await take('gone')], [['c', 'd'], [], ['d'], []])
    })

    test('are no more than the limit after an eviction: the one that took part longest ago is forgotten', async () => {
      await using stores = await withClients()
      await stores.act((tx) => tx.sessions.start(someSession('s')))
      for (const [at, client] of ['a', 'b', 'c', 'a', 'd'].entries())
        await stores.act((tx) => tx.sessionClients.note('s', first(client), now + at))
      await stores.act((tx) => tx.sessionClients.evictOldest('s', 3))
      assert.deepEqual(idsOf(await stores.act((tx) => tx.sessionClients.take('s'))), ['a', 'c', 'd'])
    })

    test('are remembered for as long as the session, also when it is extended', async () => {
      await using stores = await withClients()
      await stores.act(async (tx) => {
        await tx.sessions.start(someSession('s', { expiresAt: now }))
        await tx.sessionClients.note('s', first('c'), now)
        await Promise.all([tx.sessions.extend('s', now + 5), tx.sessionClients.extend('s', now + 5)])
        await tx.sessionClients.note('s', first('d'), now)
      })
      assert.equal(await stores.act((tx) => tx.sessionClients.removeExpired(now + 4, many)), 0)
      assert.equal(await stores.act((tx) => tx.sessionClients.removeExpired(now + 5, many)), 2)
    })

    test('go at their own expiry, oldest first, in batches of the size asked for', async () => {
      await using stores = await withClients()
      await stores.act(async (tx) => {
        for (const [session, expiresAt] of [
          ['at', now],
          ['before', now - 1],
          ['after', now + 1],
        ] as const) {
          await tx.sessions.start(someSession(session, { expiresAt }))
          for (const client of ['c', 'd']) await tx.sessionClients.note(session, first(client), now)
        }
      })
      const remove = (limit: number) => stores.act((tx) => tx.sessionClients.removeExpired(now, limit))
      assert.deepEqual([await remove(3), await remove(3), await remove(3)], [3, 1, 0])
      const left = await Promise.all(['before', 'at', 'after'].map((id) => stores.act((tx) => tx.sessionClients.take(id))))
      assert.deepEqual(
        left.map(({ length }) => length),
        [0, 0, 2],
      )
    })

    test('that join while the session is ended are taken with it, or do not join', async () => {
      await using stores = await withClients()
      for (let round = 0; round < 12; round++) {
        const id = `s${round}`
        await stores.act((tx) => tx.sessions.start(someSession(id)))
        const join = () =>
          stores.act(async (tx) => {
            const isHeld = await tx.sessions.hold(id, 0)
            if (isHeld) await tx.sessionClients.note(id, first('c'), now)
            return isHeld
          })
        const end = () => stores.act(async (tx) => ((await tx.sessions.end(id)) ? tx.sessionClients.take(id) : []))
        const [taken, hasJoined] = round % 2 ? await Promise.all([end(), join()]) : (await Promise.all([join(), end()])).toReversed()
        assert.deepEqual(taken, hasJoined ? [first('c')] : [])
      }
    })
  })
}

function grantContract(open: OpenDatabase): void {
  describe('grants', () => {
    test('an opened grant is found unchanged, with and without the optional values', async () => {
      await using stores = await freshStores(open)
      const bare = someGrant('bare', 'c', { scope: [], audience: [] })
      const full = someGrant('full', 'c', {
        obfuscatedSubject: 'p',
        rememberedUntil: 8_640_000_000_000_000,
        expiresAt: 8_640_000_000_000_000,
      })
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(bare)
        await tx.grants.open(full)
      })
      assert.deepEqual(await stores.read.grants.find('bare'), bare)
      assert.deepEqual(await stores.read.grants.find('full'), full)
    })

    test('keep extends the expiry, never shortens it, and returns false after the tokens were revoked', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(someGrant('g', 'c', { expiresAt: now }))
      })
      const expiry = async () => (await stores.read.grants.find('g'))?.expiresAt
      assert.equal(await stores.act((tx) => tx.grants.keep('g', now + 10)), true)
      assert.equal(await expiry(), now + 10)
      assert.equal(await stores.act((tx) => tx.grants.keep('g', now + 5)), true)
      assert.equal(await expiry(), now + 10)
      assert.equal(await stores.act((tx) => tx.grants.keep('gone', now)), false)
      assert.equal(await stores.act((tx) => tx.grants.endTokens('g', now + 1)), true)
      assert.equal(await stores.act((tx) => tx.grants.keep('g', now + 99)), false)
      assert.equal(await expiry(), now + 10)
    })

    test('endTokens revokes the access tokens of one grant once and keeps the remembered consent', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await addGrantOf(tx, 'c', 'g')
        await addGrantOf(tx, 'c', 'other')
      })
      const said = await stores.act(async (tx) => [
        await tx.grants.endTokens('g', now),
        await tx.grants.endTokens('g', now + 1),
        await tx.grants.endTokens('gone', now),
      ])
      assert.deepEqual(said, [true, false, false])
      assert.deepEqual(await stores.read.grants.find('g'), { ...someGrant('g', 'c'), tokensEndedAt: now })
      assert.deepEqual(await present(stores.read, 'g'), [true, true, true, false])
      assert.deepEqual(await present(stores.read, 'other'), [true, true, true, true])
    })

    test('of many concurrent endTokens for one grant exactly one succeeds', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await addGrantOf(tx, 'c', 'g')
      })
      const said = await times(20, (at) => stores.act((tx) => tx.grants.endTokens('g', now + at)))
      assert.equal(said.filter(Boolean).length, 1)
      assert.deepEqual(await present(stores.read, 'g'), [true, true, true, false])
    })

    test('withdraw removes exactly the matching grants, with code, refresh and access tokens', async () => {
      await using stores = await freshStores(open)
      const grants = { a: ['c', 'ada'], b: ['c', 'ada'], d: ['d', 'ada'], e: ['c', 'eve'] } as const
      await stores.act(async (tx) => {
        for (const id of ['c', 'd']) await tx.clients.add(someClient(id))
        for (const [id, [clientId, subject]] of Object.entries(grants)) await addGrantOf(tx, clientId, id, { subject })
      })
      const left = async () => {
        const ids = Object.keys(grants)
        const counting = await Promise.all(ids.map((id) => stores.read.grants.find(id)))
        const tokens = await Promise.all(ids.map((id) => stores.read.accessTokens.find(id)))
        await removeEnded(stores, now)
        const whole = await Promise.all(ids.map((id) => present(stores.read, id)))
        for (const [at, rows] of whole.entries()) {
          assert.equal(new Set(rows).size, 1, 'a grant is removed with all its rows')
          assert.deepEqual([counting[at] !== undefined, tokens[at] !== undefined], rows.slice(0, 2), 'and counts no more before that')
        }
        return ids.filter((_, at) => whole[at]?.[0])
      }
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ id: 'a' }, now)), true)
      assert.deepEqual(await left(), ['b', 'd', 'e'])
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ subject: 'ada', clientId: 'c' }, now)), true)
      assert.deepEqual(await left(), ['d', 'e'])
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ subject: 'ada' }, now)), true)
      assert.deepEqual(await left(), ['e'])
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ subject: 'ada' }, now)), false)
    })

    test('remembered returns the valid grants of a person for a client, newest first', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of ['c', 'd']) await tx.clients.add(someClient(id))
        const remembered = (id: string, grantedAt: number, over: Parameters<typeof someGrant>[2] = {}) =>
          tx.grants.open(someGrant(id, 'c', { grantedAt, rememberedUntil: now + 1, ...over }))
        await remembered('old', 1)
        await remembered('new', 2)
        await remembered('over', 3, { rememberedUntil: now })
        await remembered('of another', 4, { subject: 'eve' })
        await remembered('for another', 5, { clientId: 'd' })
        await tx.grants.open(someGrant('not remembered', 'c', { grantedAt: 6 }))
        await tx.grants.endTokens('old', now)
      })
      const ids = async (at: number) => (await stores.read.grants.remembered('ada', 'c', at)).map(({ id }) => id)
      assert.deepEqual(await ids(now), ['new', 'old'])
      assert.deepEqual(await ids(now + 1), [])
    })

    test('list has pages, newest first and then by id, without expired grants and without those that needed no consent', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        for (let at = 0; at < 9; at++)
          await tx.grants.open(someGrant(`g${at}`, 'c', { grantedAt: Math.floor(at / 3), sessionId: `s${at % 2}`, expiresAt: now + 1 }))
        await tx.grants.open(someGrant('over', 'c', { expiresAt: now }))
        const consent = {
          remember: false,
          rememberFor: 0,
          context: null,
          redirectUri: 'https://app.example/cb',
          isSkipped: true,
          request: {},
        } as const
        await tx.grants.open(someGrant('skipped', 'c', { grantedAt: 1, expiresAt: now + 1, consent }))
        await tx.grants.open(someGrant('other', 'c', { subject: 'eve' }))
      })
      const list = stores.read.grants.list
      const inOrder = ['g8', 'g7', 'g6', 'g5', 'g4', 'g3', 'g2', 'g1', 'g0']
      const seen: string[] = []
      for (let after: GrantPlace | undefined, isFirst = true; isFirst || after; isFirst = false) {
        const page = await list({ subject: 'ada', now, limit: 2, ...(after && { after }) })
        seen.push(...page.grants.map(({ id }) => id))
        after = page.next
      }
      assert.deepEqual(seen, inOrder)
      const all = await list({ subject: 'ada', withSkipped: true, now, limit: 99 })
      assert.deepEqual(
        all.grants.map(({ id }) => id),
        ['g8', 'g7', 'g6', 'skipped', ...inOrder.slice(3)],
      )
      const ofSession = await list({ subject: 'ada', sessionId: 's1', now, limit: 9, after: { grantedAt: 2, id: 'g7' } })
      assert.deepEqual(
        ofSession.grants.map(({ id }) => id),
        ['g5', 'g3', 'g1'],
      )
    })

    test('a page of the list passes over 500 grants that are left out, may be empty, and names the next page', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(someGrant('later', 'c', { subject: 'eve', sessionId: 'shared' }))
        await tx.grants.open(someGrant('standing', 'c', { grantedAt: now - many, expiresAt: now + 1 }))
        // Those of one time are in the order of their ids.
        for (let at = 0; at < 600; at++) await tx.grants.open(someGrant(`g${at}`, 'c', { expiresAt: now }))
      })
      const pages = async (limit: number, over: { sessionId?: string } = {}): Promise<string[][]> => {
        const seen: string[][] = []
        for (let after: GrantPlace | undefined, isFirst = true; isFirst || after; isFirst = false) {
          const { grants, next } = await stores.read.grants.list({ subject: 'ada', now, limit, ...over, ...(after && { after }) })
          seen.push(grants.map(({ id }) => id))
          after = next
        }
        return seen
      }
      for (const over of [{}, { sessionId: 'session' }]) {
        assert.deepEqual(await pages(10, over), [[], ['standing']])
        assert.deepEqual(await pages(200, over), [['standing']])
      }
      assert.deepEqual(await pages(10, { sessionId: 'shared' }), [[]])
    })

    test('remembered looks at the newest 32 only, withdrawn ones among them: the person is asked again', async () => {
      await using stores = await freshStores(open)
      const isRemembered = async () => (await stores.read.grants.remembered('ada', 'c', now)).map(({ id }) => id)
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(someGrant('oldest', 'c', { grantedAt: 1, rememberedUntil: now + 1 }))
        for (let at = 0; at < 31; at++) await tx.grants.open(someGrant(`g${at}`, 'c', { grantedAt: 2, rememberedUntil: now + 1 }))
        for (let at = 0; at < 31; at++) await tx.grants.withdraw({ id: `g${at}` }, now)
        await tx.grants.open(someGrant('not remembered', 'c', { grantedAt: 3 }))
      })
      assert.deepEqual(await isRemembered(), ['oldest'])
      await stores.act((tx) => tx.grants.open(someGrant('over', 'c', { grantedAt: 4, rememberedUntil: now })))
      assert.deepEqual(await isRemembered(), [])
      await stores.act((tx) => tx.grants.open(someGrant('new', 'c', { grantedAt: 5, rememberedUntil: now + 1 })))
      assert.deepEqual(await isRemembered(), ['new'])
    })

    for (const [name, end] of Object.entries({
      'withdrawn by its id': (tx: Stores) => tx.grants.withdraw({ id: 'first' }, now),
      'withdrawn with all of its person for the client': (tx: Stores) => tx.grants.withdraw({ subject: 'ada', clientId: 'c' }, now),
      'withdrawn with all of its person': (tx: Stores) => tx.grants.withdraw({ subject: 'ada' }, now),
    }))
      test(`a grant that rests on a remembered one which was ${name} since the look-up is not stored`, async () => {
        await using stores = await freshStores(open)
        await stores.act(async (tx) => {
          await tx.clients.add(someClient('c'))
          await tx.grants.open(someGrant('first', 'c', { rememberedUntil: now + 1 }))
        })
        assert.equal(await stores.act((tx) => tx.grants.open(someGrant('before', 'c'), 'first')), true)
        assert.equal(await stores.act(end), true)
        assert.equal(await stores.act((tx) => tx.grants.open(someGrant('after', 'c'), 'first')), false)
        await removeEnded(stores, now)
        assert.equal(await stores.act((tx) => tx.grants.open(someGrant('after', 'c'), 'first')), false)
        assert.equal(await stores.act((tx) => tx.grants.open(someGrant('asked for', 'c'))), true)
      })
  })
}

function codeAndRefreshContract(open: OpenDatabase): void {
  describe('authorization codes', () => {
    test('a code is found unchanged, spent once, and then found as spent', async () => {
      await using stores = await freshStores(open)
      const { redirectUri: _, codeChallenge: __, ...bare } = someCode('bare', 'g')
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(someGrant('g', 'c'))
        await tx.codes.add(someCode('code', 'g'))
        await tx.codes.add(bare)
      })
      assert.deepEqual(await stores.read.codes.find('code'), someCode('code', 'g'))
      assert.deepEqual(await stores.read.codes.find('bare'), bare)
      const spent = await times(20, (at) => stores.act((tx) => tx.codes.spend('code', now + at)))
      assert.equal(spent.filter(Boolean).length, 1)
      assert.equal((await stores.read.codes.find('code'))?.spentAt, now + spent.indexOf(true))
      assert.equal((await stores.read.codes.find('bare'))?.spentAt, undefined)
      assert.equal(await stores.act((tx) => tx.codes.spend('gone', now)), false)
    })
  })

  describe('refresh tokens', () => {
    async function withToken(stores: { act: Awaited<ReturnType<typeof freshStores>>['act'] }): Promise<void> {
      await stores.act(async (tx) => {
        await tx.clients.add(someClient('c'))
        await tx.grants.open(someGrant('g', 'c'))
        await tx.refreshTokens.add(someRefreshToken('r', 'g'))
      })
    }

    test('a token is found unchanged, spent once, and then found as spent', async () => {
      await using stores = await freshStores(open)
      await withToken(stores)
      assert.deepEqual(await stores.read.refreshTokens.find('r'), someRefreshToken('r', 'g'))
      const spent = await times(20, (at) => stores.act((tx) => tx.refreshTokens.spend('r', now + at)))
      assert.equal(spent.filter(Boolean).length, 1)
      assert.deepEqual(await stores.read.refreshTokens.find('r'), { ...someRefreshToken('r', 'g'), spentAt: now + spent.indexOf(true) })
      assert.equal(await stores.act((tx) => tx.refreshTokens.spend('gone', now)), false)
    })

    test('reuse is counted from the time at which the token was spent, up to the limit', async () => {
      await using stores = await freshStores(open)
      await withToken(stores)
      const reuse = (after: number, limit: number) => stores.act((tx) => tx.refreshTokens.reuse('r', after, limit))
      assert.equal(await reuse(now - 1, 2), false, 'not spent yet')
      await stores.act((tx) => tx.refreshTokens.spend('r', now))
      assert.equal(await reuse(now, 2), false, 'too late')
      const said = await times(6, () => reuse(now - 1, 2))
      assert.equal(said.filter(Boolean).length, 2)
      assert.equal(await reuse(now - 1, 3), true)
      assert.equal(await stores.act((tx) => tx.refreshTokens.reuse('gone', now - 1, 2)), false)
    })

    test('reuse accepts the largest number as no limit', async () => {
      await using stores = await freshStores(open)
      await withToken(stores)
      await stores.act((tx) => tx.refreshTokens.spend('r', now))
      assert.equal(await stores.act((tx) => tx.refreshTokens.reuse('r', now - 1, Number.MAX_SAFE_INTEGER)), true)
    })
  })
}

function logoutContract(open: OpenDatabase): void {
  describe('logout requests', () => {
    test('an acceptance replaces the previous one, until the newest verifier is spent; it is spent once', async () => {
      await using stores = await freshStores(open)
      const bare = someLogout('bare', { asked: { url: '/', subject: 'ada', sessionId: 's' } })
      await stores.act(async (tx) => {
        await tx.logouts.add(someLogout('l'), many)
        await tx.logouts.add(bare, many)
      })
      assert.deepEqual(await stores.read.logouts.find('l'), someLogout('l'))
      assert.deepEqual(await stores.read.logouts.find('bare'), bare)
      const said = await stores.act(async ({ logouts }) => [
        await logouts.spend('l', 'v1', now),
        await logouts.accept('l', 'v1'),
        await logouts.accept('l', 'v2'),
        await logouts.accept('gone', 'v2'),
        await logouts.spend('l', 'v1', now),
      ])
      assert.deepEqual(said, [false, true, true, false, false])
      const spent = await times(20, () => stores.act((tx) => tx.logouts.spend('l', 'v2', now)))
      assert.equal(spent.filter(Boolean).length, 1)
      assert.equal(await stores.act((tx) => tx.logouts.accept('l', 'v3')), false)
      assert.deepEqual(await stores.read.logouts.find('l'), someLogout('l', { verifier: 'v2', spentAt: now }))
    })

    test('at the limit the oldest unaccepted request of the same session is evicted; accepted ones and other sessions stay', async () => {
      await using stores = await freshStores(open)
      const asked = (id: string, at: number, sessionId = 'here') =>
        someLogout(id, { asked: { url: '/', subject: 'ada', sessionId }, createdAt: now + at })
      await stores.act(async ({ logouts }) => {
        await logouts.add(asked('elsewhere', 0, 'there'), 2)
        for (const [at, id] of ['accepted', 'oldest', 'second'].entries()) await logouts.add(asked(id, at), many)
        await logouts.accept('accepted', 'v')
      })
      await stores.act((tx) => tx.logouts.add(asked('third', 3), 2))
      const ids = ['elsewhere', 'accepted', 'oldest', 'second', 'third']
      const found = await Promise.all(ids.map((id) => stores.read.logouts.find(id)))
      assert.deepEqual(
        ids.filter((_, at) => found[at]),
        ['elsewhere', 'accepted', 'second', 'third'],
      )
    })
  })
}

function belongingContract(open: OpenDatabase): void {
  describe('the grants of a person to a client', () => {
    test('are removed with the client, and so are its flows; those of another client stay', async () => {
      await using stores = await freshStores(open)
      await stores.act(async (tx) => {
        for (const id of ['c', 'other']) {
          await tx.clients.add(someClient(id))
          await tx.flows.add(someFlow(id, id), many)
          await addGrantOf(tx, id, id)
        }
        await tx.sessions.start(someSession('session'))
      })
      assert.equal(await stores.act((tx) => tx.clients.remove('c', 1, 1)), true)
      assert.equal(await stores.read.flows.find('c'), undefined)
      assert.deepEqual([await stores.read.grants.find('c'), await stores.read.accessTokens.find('c')], [undefined, undefined])
      await removeEnded(stores, now)
      assert.deepEqual(await present(stores.read, 'c'), [false, false, false, false])
      assert.ok(await stores.read.flows.find('other'))
      assert.deepEqual(await present(stores.read, 'other'), [true, true, true, true])
      assert.ok(await stores.read.sessions.find('session'), 'the person stays logged in')
    })

    test('are neither found nor removed by a value that no row can have', async () => {
      await using stores = await freshStores(open)
      const odd = 'a\u0000b'
      assert.deepEqual((await stores.read.grants.list({ subject: odd, now, limit: 9 })).grants, [])
      assert.equal(await stores.act((tx) => tx.sessions.endAll(odd, 1)), false)
      assert.equal(await stores.act((tx) => tx.sessions.end(odd)), false)
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ subject: odd, clientId: odd }, 1)), false)
      assert.equal(await stores.act((tx) => tx.grants.withdraw({ id: odd }, 1)), false)
    })

    test('are not written for a deleted client', async () => {
      await using stores = await freshStores(open)
      assert.equal(await stores.act((tx) => tx.grants.open(someGrant('g', 'gone'))), false)
      assert.equal(await stores.act((tx) => tx.flows.add(someFlow('f', 'gone'), many)), false)
      assert.equal(await stores.read.grants.find('g'), undefined)
    })
  })
}

function expiryContract(open: OpenDatabase): void {
  type Expiring = {
    add: (tx: Stores, id: string, expiresAt: number) => Promise<unknown>
    find: (read: Stores, id: string) => Promise<unknown>
    removeExpired: (tx: Stores, limit: number) => Promise<number>
  }
  const kinds: Record<string, Expiring> = {
    'authorization flows': {
      add: (tx, id, expiresAt) => tx.flows.add(someFlow(id, 'c', { expiresAt }), many),
      find: (read, id) => read.flows.find(id),
      removeExpired: (tx, limit) => tx.flows.removeExpired(now, limit),
    },
    'login sessions': {
      add: (tx, id, expiresAt) => tx.sessions.start(someSession(id, { expiresAt })),
      find: (read, id) => read.sessions.find(id),
      removeExpired: (tx, limit) => tx.sessions.removeExpired(now, limit),
    },
    grants: {
      add: (tx, id, expiresAt) => tx.grants.open(someGrant(id, 'c', { expiresAt })),
      find: (read, id) => read.grants.find(id),
      removeExpired: (tx, limit) => tx.grants.removeExpired(now, limit),
    },
    'authorization codes': {
      add: (tx, id, expiresAt) => tx.codes.add(someCode(id, 'standing', { expiresAt })),
      find: (read, id) => read.codes.find(id),
      removeExpired: (tx, limit) => tx.codes.removeExpired(now, limit),
    },
    'refresh tokens': {
      add: (tx, id, expiresAt) => tx.refreshTokens.add(someRefreshToken(id, 'standing', { expiresAt })),
      find: (read, id) => read.refreshTokens.find(id),
      removeExpired: (tx, limit) => tx.refreshTokens.removeExpired(now, limit),
    },
    'logout requests': {
      add: (tx, id, expiresAt) => tx.logouts.add(someLogout(id, { expiresAt }), many),
      find: (read, id) => read.logouts.find(id),
      removeExpired: (tx, limit) => tx.logouts.removeExpired(now, limit),
    },
  }
  describe('expired rows of logins', () => {
    for (const [name, { add, find, removeExpired }] of Object.entries(kinds))
      test(`${name} are removed at their own expiry, oldest first, in batches of the requested size`, async () => {
        await using stores = await freshStores(open)
        await stores.act(async (tx) => {
          await tx.clients.add(someClient('c'))
          await tx.grants.open(someGrant('standing', 'c'))
          for (const [id, expiresAt] of [
            ['at', now],
            ['before', now - 1],
            ['after', now + 1],
          ] as const)
            await add(tx, id, expiresAt)
        })
        const left = async () => {
          const ids = ['before', 'at', 'after']
          const found = await Promise.all(ids.map((id) => find(stores.read, id)))
          return ids.filter((_, at) => found[at])
        }
        assert.equal(await stores.act((tx) => removeExpired(tx, 1)), 1)
        assert.deepEqual(await left(), ['at', 'after'])
        assert.equal(await stores.act((tx) => removeExpired(tx, 100)), 1)
        assert.equal(await stores.act((tx) => removeExpired(tx, 100)), 0)
        assert.deepEqual(await left(), ['after'])
      })
  })
}
