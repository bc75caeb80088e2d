import assert from 'node:assert/strict'
import { test } from 'node:test'
import { someClient, someGrant } from '../storage/fresh-stores.ts'
import { memoryStores } from '../storage/sqlite-file.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** What each page shows, from the first one along the links. */
async function pages(server: TestServer, first: string, shown: string): Promise<string[][]> {
  const seen: string[][] = []
  for (let path: string | undefined = first; path !== undefined; ) {
    const { status, json, headers } = await server.admin(path)
    assert.equal(status, 200)
    seen.push(json.map((item: Record<string, string>) => item[shown]))
    path = /<([^>]+)>; rel="next"/.exec(String(headers.link ?? ''))?.[1]
  }
  return seen
}

const now = Date.now()

test('a page of consents that are nearly all left out is short or empty, and links to the next page', async () => {
  const stores = await memoryStores()
  const times = { grantedAt: now, expiresAt: now + 86_400_000 }
  const consent = {
    remember: false,
    rememberFor: 0,
    context: null,
    redirectUri: 'https://app.example/cb',
    request: {},
    isSkipped: true,
  } as const
  await stores.act(async (tx) => {
    await tx.clients.add(someClient('c'))
    await tx.grants.open(someGrant('first', 'c', { ...times, grantedAt: now - 1 }))
    for (let at = 0; at < 600; at++) await tx.grants.open(someGrant(`g${at}`, 'c', { ...times, consent }))
    await tx.grants.open(someGrant('last', 'c', { ...times, grantedAt: now + 1 }))
  })
  await using server = await startServer({ database: stores.database })
  const list = '/admin/oauth2/auth/sessions/consent?subject=ada&page_size=5'
  assert.deepEqual(await pages(server, `${list}&login_session_id=session`, 'consent_request_id'), [['last'], ['first']])
  assert.deepEqual(await pages(server, list, 'consent_request_id'), [['last', 'first']])
  await stores.act((tx) => tx.grants.withdraw({ id: 'last' }, now * 2))
  assert.deepEqual(await pages(server, `${list}&login_session_id=session`, 'consent_request_id'), [[], ['first']])
})

test('a page of clients of which many were just deleted is short or empty, and links to the next page', async () => {
  const stores = await memoryStores()
  await stores.act(async (tx) => {
    for (let at = 0; at < 600; at++) await tx.clients.add(someClient(`a${at}`))
    for (let at = 0; at < 600; at++) await tx.clients.remove(`a${at}`, now * 2, now)
    await tx.clients.add(someClient('b'))
  })
  await using server = await startServer({ database: stores.database })
  assert.deepEqual(await pages(server, '/admin/clients?page_size=5', 'client_id'), [[], ['b']])
})
