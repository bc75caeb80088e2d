import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { startPostgres } from '../support/postgres.ts'
import { startServer, type TestServer } from '../support/server.ts'

interface Registered {
  readonly id: string
  readonly secret: string
  readonly token: string
}

/** Registers clients one after the other until it is stopped; keeps those with a 201. */
async function registerUntil(
  server: TestServer,
  signal: AbortSignal,
  answered: Registered[],
  statuses: Map<number, number>,
): Promise<void> {
  while (!signal.aborted) {
    const { status, json } = await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === 201) answered.push({ id: json.client_id, secret: json.client_secret, token: json.registration_access_token })
  }
}

test('PostgreSQL stopped and started under load: no confirmed write is missing and none is applied twice', async () => {
  await using postgres = await startPostgres({ own: true })
  const dsn = await postgres.createDatabase()
  await using server = await startServer({ settings: { dsn } })
  const answered: Registered[] = []
  const statuses = new Map<number, number>()
  const stopping = new AbortController()
  const load = Promise.all(Array.from({ length: 16 }, () => registerUntil(server, stopping.signal, answered, statuses)))
  const until = async (enough: () => boolean | Promise<boolean>) => {
    while (!(await enough())) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const how of ['immediate', 'fast'] as const) {
    const before = answered.length
    await until(() => answered.length > before + 50)
    await postgres.stop(how)
    await until(async () => (await server.public('/health/ready')).status === 503)
    await postgres.start()
    await until(async () => (await server.public('/health/ready')).status === 200)
  }
  const before = answered.length
  await until(() => answered.length > before + 50)
  stopping.abort()
  await load
  assert.deepEqual([...statuses.keys()].sort(), [201, 503])

  for (const { id, secret, token } of answered) {
    assert.equal((await server.public(`/oauth2/register/${id}`, { bearer: token })).status, 200)
    const issued = await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form: { grant_type: 'client_credentials' } })
    assert.equal(issued.status, 200)
  }
  const client = new pg.Client(dsn)
  await client.connect()
  const twice = await client.query('select client_id from audit_records group by client_id having count(*) > 1')
  const rows = await client.query<{ clients: string; records: string }>(
    'select (select count(*) from clients) as clients, (select count(*) from audit_records) as records',
  )
  await client.end()
  assert.deepEqual(twice.rows, [])
  assert.equal(rows.rows[0]?.clients, rows.rows[0]?.records)
})
