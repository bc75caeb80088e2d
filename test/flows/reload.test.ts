import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { freePort } from '../support/server.ts'
import { type SpawnedServer, spawnServer } from '../support/spawned-server.ts'

const registration = (enabled: unknown) => ({ oidc: { dynamic_client_registration: { enabled } } })
const register = async (server: SpawnedServer) =>
  (await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })).status
const advertised = async (server: SpawnedServer) =>
  (await server.public('/.well-known/openid-configuration')).json.registration_endpoint as string | undefined

test('replacing the file enables and disables registration while the server runs', async () => {
  await using server = await spawnServer(registration(false))
  assert.equal(await register(server), 404)
  assert.equal(await advertised(server), undefined)
  for (const [enabled, status, endpoint] of [
    [true, 201, `${server.publicUrl}/oauth2/register`],
    [false, 404, undefined],
    [true, 201, `${server.publicUrl}/oauth2/register`],
  ] as const) {
    server.rewrite(registration(enabled))
    await server.next('configuration reloaded')
    assert.equal(await register(server), status)
    assert.equal(await advertised(server), endpoint)
  }
})

test('SIGHUP reloads the file without a change event, and logs its errors each time', async () => {
  await using server = await spawnServer(registration(false))
  server.rewrite(registration('perhaps'))
  const noticed = await server.next('the changed configuration is invalid; the previous one stays in use')
  server.process.kill('SIGHUP')
  const asked = await server.next('the changed configuration is invalid; the previous one stays in use')
  assert.deepEqual(asked.problems, noticed.problems)
  server.rewrite(registration(true))
  server.process.kill('SIGHUP')
  await server.next('configuration reloaded')
  assert.equal(await register(server), 201)
})

test('an invalid file changes nothing, and the log names the key', async () => {
  await using server = await spawnServer(registration(true))
  const broken: [unknown, RegExp][] = [
    [registration('perhaps'), /^oidc\.dynamic_client_registration\.enabled: /],
    [
      { oidc: { dynamic_client_registration: { enabled: false, allowed_scop: ['x'] } } },
      /^oidc\.dynamic_client_registration\.allowed_scop: /,
    ],
    ['oidc: [', /clientele\.yml: line \d+ /],
  ]
  for (const [over, problem] of broken) {
    server.rewrite(over as Record<string, unknown> | string)
    const line = await server.next('the changed configuration is invalid; the previous one stays in use')
    assert.equal(line.level, 'error')
    assert.match((line.problems as string[]).join('\n'), problem)
    assert.equal(await register(server), 201)
  }
  server.rewrite(registration(false))
  await server.next('configuration reloaded')
  assert.equal(await register(server), 404)
})

test('a fixed setting keeps its value and the log says that it needs a restart; live settings change', async () => {
  await using server = await spawnServer(registration(false))
  const port = await freePort()
  server.rewrite({ ...registration(true), serve: { public: { port } }, urls: { self: { issuer: 'https://elsewhere.example/' } } })
  const line = await server.next('these settings take effect after a restart')
  assert.equal(line.level, 'warn')
  assert.deepEqual([...(line.keys as string[])].sort(), ['serve.public.port', 'urls.self.issuer'])
  assert.equal(await register(server), 201)
  const { json } = await server.public('/.well-known/openid-configuration')
  assert.equal(json.issuer, `${server.publicUrl}/`)
})

test('an admin token is invalid as soon as the file no longer lists it', async () => {
  const digests = { one: 'token-number-one-of-the-tests', two: 'token-number-two-of-the-tests' }
  const bearer = Object.entries(digests).map(([name, token]) => ({ name, sha256: createHash('sha256').update(token).digest('hex') }))
  await using server = await spawnServer({ serve: { admin: { auth: { bearer } } } })
  const status = async (token: string) => (await server.admin('/admin/clients', { bearer: token })).status
  assert.deepEqual([await status(digests.one), await status(digests.two)], [200, 200])
  server.rewrite({ serve: { admin: { auth: { bearer: bearer.slice(1) } } } })
  await server.next('configuration reloaded')
  assert.deepEqual([await status(digests.one), await status(digests.two)], [401, 200])
})
