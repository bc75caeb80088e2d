import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { readJwt, tokenBearer } from '../support/access-tokens.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

const jwt = { strategies: { access_token: 'jwt' } }

test('a client’s own strategy and lifespan override the server’s, which can change while it runs', async () => {
  await using server = await startServer({ settings: jwt })
  const { created, registered } = registrant(server)
  const { tokenOf } = tokenBearer(server)
  const opaque = await created({ ...machine, access_token_strategy: 'opaque' })
  const signed = await created({ ...machine, access_token_strategy: 'jwt', client_credentials_grant_access_token_lifespan: '90s' })
  const dynamic = await registered(machine)
  assert.match(await tokenOf(opaque), /^ory_at_/)
  const { payload } = readJwt(await tokenOf(signed))
  assert.equal(payload.exp - payload.iat, 90)
  assert.equal((await signed.askToken()).json.expires_in, 90)
  assert.equal(readJwt(await tokenOf(dynamic)).payload.client_id, dynamic.id)
  server.reconfigure({ strategies: { access_token: 'opaque' } })
  assert.match(await tokenOf(dynamic), /^ory_at_/)
  assert.equal(readJwt(await tokenOf(signed)).payload.client_id, signed.id)
})

test('strategies.jwt.scope_claim and oauth2.exclude_not_before_claim decide the claims', async () => {
  await using server = await startServer({ settings: jwt })
  const client = await registrant(server).created({ ...machine, scope: 'a b' })
  const claims = async () => {
    const { scp, scope, nbf, iat } = readJwt(await tokenBearer(server).tokenOf(client, { scope: 'a b' })).payload
    return { scp, scope, nbf: nbf === iat }
  }
  assert.deepEqual(await claims(), { scp: ['a', 'b'], scope: 'a b', nbf: true })
  for (const [scope_claim, scp, scope] of [
    ['list', ['a', 'b'], undefined],
    ['string', undefined, 'a b'],
  ] as const) {
    server.reconfigure({ strategies: { jwt: { scope_claim } }, oauth2: { exclude_not_before_claim: true } })
    assert.deepEqual(await claims(), { scp, scope, nbf: false })
    const token = await tokenBearer(server).tokenOf(client, { scope: 'a b' })
    assert.equal((await tokenBearer(server).introspect(token, { scope: 'b' })).json.scope, 'a b')
  }
})

test('issuing, introspecting or refusing a JWT does not change the database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-jwt-'))
  try {
    const file = join(folder, 'd.sqlite')
    await using server = await startServer({ settings: { ...jwt, dsn: `sqlite://${file}` } })
    const client = await registrant(server).registered(machine)
    const { isActive, revoke, tokenOf } = tokenBearer(server)
    await tokenOf(client)
    const watcher = new DatabaseSync(file, { readOnly: true })
    const version = () => watcher.prepare('PRAGMA data_version').get()?.data_version
    const before = version()
    for (let at = 0; at < 5; at++) assert.equal(await isActive(await tokenOf(client)), true)
    assert.equal(version(), before)
    await revoke(client, await tokenOf(client))
    assert.notEqual(version(), before)
    watcher.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the time in jti is the time of issue, or just after the last revocation of all tokens of the client', async () => {
  const now = Date.now()
  await using server = await startServer({ settings: jwt, clock: () => now })
  const client = await registrant(server).registered(machine)
  const { isActive, tokenOf } = tokenBearer(server)
  const timeOf = (token: string) => Number.parseInt(readJwt(token).payload.jti.replace('-', '').slice(0, 12), 16)
  const tokens: string[] = []
  for (let at = 0; at < 3; at++) {
    tokens.push(await tokenOf(client))
    await server.admin(`/admin/oauth2/tokens?client_id=${client.id}`, { method: 'DELETE' })
  }
  tokens.push(await tokenOf(client))
  const times = tokens.map(timeOf)
  assert.ok(Number(times[0]) - now <= 1, String(times))
  assert.deepEqual(times, times.toSorted())
  assert.equal(new Set(times).size, 4)
  assert.deepEqual(await Promise.all(tokens.map(isActive)), [false, false, false, true])
})

test('revoking the tokens of one client does not affect those of others; an unknown client has none', async () => {
  await using server = await startServer()
  const { created } = registrant(server)
  const { isActive, tokenOf } = tokenBearer(server)
  for (const access_token_strategy of ['jwt', 'opaque']) {
    const [one, other] = [await created({ ...machine, access_token_strategy }), await created({ ...machine, access_token_strategy })]
    const tokens = [await tokenOf(one), await tokenOf(one), await tokenOf(other)]
    assert.equal((await server.admin(`/oauth2/tokens?client_id=${one.id}`, { method: 'DELETE' })).status, 204)
    assert.deepEqual(await Promise.all(tokens.map(isActive)), [false, false, true])
    assert.equal((await one.askToken()).status, 200)
  }
  for (const id of ['nobody', '%00'])
    assert.equal((await server.admin(`/admin/oauth2/tokens?client_id=${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await server.admin('/admin/oauth2/tokens', { method: 'DELETE' })).status, 400)
})

test('a write of a client that began before its tokens were revoked does not make them active again', async () => {
  await using server = await startServer({ settings: jwt })
  const client = await registrant(server).created(machine)
  const { isActive, tokenOf } = tokenBearer(server)
  const token = await tokenOf(client)
  await server.admin(`/admin/oauth2/tokens?client_id=${client.id}`, { method: 'DELETE' })
  assert.equal((await server.admin(`/admin/clients/${client.id}`, { method: 'PUT', json: machine })).status, 200)
  await server.admin(`/admin/clients/${client.id}/secrets/rotate`, { method: 'POST' })
  assert.equal((await client.put({ ...machine, client_name: 'N' })).status, 200)
  assert.equal(await isActive(token), false)
})
