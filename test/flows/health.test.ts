import assert from 'node:assert/strict'
import { test } from 'node:test'
import packageJson from '../../package.json' with { type: 'json' }
import { makeApp, makeTelemetry, openDatabase } from '../../src/app.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { loadSettings, startServer, systemSecret } from '../support/server.ts'

test('both listeners report alive and ready, and the responses must not be cached', async () => {
  await using server = await startServer()
  for (const listener of ['public', 'admin'] as const) {
    for (const path of ['/health/alive', '/health/ready']) {
      const answer = await server[listener](path)
      assert.deepEqual([answer.status, answer.json], [200, { status: 'ok' }])
      assert.equal(answer.headers['cache-control'], 'private, no-cache, no-store, must-revalidate')
    }
  }
})

test('the version is shown on the admin listener only', async () => {
  await using server = await startServer()
  for (const path of ['/version', '/admin/version']) assert.deepEqual((await server.admin(path)).json, { version: packageJson.version })
  assert.equal((await server.public('/version')).status, 404)
})

test('health checks are not logged if the listener is configured so', async () => {
  const quiet = { request_log: { disable_for_health: true } }
  await using server = await startServer({ settings: { serve: { public: quiet } } })
  for (const listener of ['public', 'admin'] as const) for (const path of ['/health/alive', '/nowhere']) await server[listener](path)
  const logged = server.lines.filter(({ msg }) => msg === 'request').map(({ listener, path }) => `${listener} ${path}`)
  assert.deepEqual(logged, ['public /nowhere', 'admin /health/alive', 'admin /admin/nowhere'])
})

test('without the database the server is alive and not ready, and a request that needs it is 5xx without the reason', async () => {
  const { config, secrets } = loadSettings({
    dsn: 'memory',
    urls: { self: { issuer: 'https://auth.example.com/' } },
    secrets: { system: [systemSecret] },
  })
  const { database, migrateUp } = openDatabase(config)
  await migrateUp()
  const telemetry = await makeTelemetry(config.log, () => {})
  const app = await makeApp({ config: () => config, secrets, clock: Date.now, randomness: systemRandomness, telemetry }, database)
  assert.equal((await app.public.inject('/health/ready')).statusCode, 200)
  await app.close()
  for (const listener of [app.public, app.admin]) {
    assert.equal((await listener.inject('/health/alive')).statusCode, 200)
    const ready = await listener.inject({ path: '/health/ready', headers: { host: 'localhost' } })
    assert.deepEqual([ready.statusCode, ready.json()], [503, { errors: { database: 'not ready' } }])
  }
  const read = await app.admin.inject({ path: '/admin/clients/x', headers: { host: 'localhost' } })
  assert.ok(read.statusCode >= 500)
  assert.doesNotMatch(read.body, /sqlite|database|stack|\.ts/i)
  await Promise.all([app.public.close(), app.admin.close()])
})
