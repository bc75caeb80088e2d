import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'

/** The samples of the metrics page: `name{labels}` → value. */
async function scrape(server: TestServer): Promise<Map<string, number>> {
  const { text } = await server.admin('/admin/metrics/prometheus')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

const requests = (labels: string) => `clientele_http_request_duration_seconds_count{${labels}}`

test('the metrics page counts registrations by verdict, tokens by grant, and requests by route and status class', async () => {
  await using server = await startServer()
  const { json: client } = await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })
  await server.public('/oauth2/register', { method: 'POST', json: { grant_types: 7 } })
  await server.public(`/oauth2/register/${client.client_id}`, { bearer: client.registration_access_token })
  await server.public(`/oauth2/register/${client.client_id}`, { bearer: 'not-its-token' })
  await server.public('/oauth2/token', {
    method: 'POST',
    basic: [client.client_id, client.client_secret],
    form: { grant_type: 'client_credentials' },
  })
  const samples = await scrape(server)
  const shown = {
    'clientele_registration_total{verdict="allow"}': 1,
    'clientele_registration_total{verdict="deny"}': 1,
    'clientele_token_issued_total{grant_type="client_credentials"}': 1,
    'clientele_client_registered_total{by="stranger"}': 1,
    [requests('listener="public",route="/oauth2/register",method="POST",status="2xx"')]: 1,
    [requests('listener="public",route="/oauth2/register",method="POST",status="4xx"')]: 1,
    [requests('listener="public",route="/oauth2/register/:id",method="GET",status="2xx"')]: 1,
    [requests('listener="public",route="/oauth2/register/:id",method="GET",status="4xx"')]: 1,
    [requests('listener="public",route="/oauth2/token",method="POST",status="2xx"')]: 1,
  }
  for (const [name, value] of Object.entries(shown)) assert.equal(samples.get(name), value, name)
})

test('the database, the event loop and the process are measured', async () => {
  await using server = await startServer()
  await Promise.all(
    Array.from({ length: 8 }, () =>
      server.public('/oauth2/register', { method: 'POST', json: { redirect_uris: ['https://app.example.com/cb'] } }),
    ),
  )
  await server.admin('/admin/clients/nobody')
  const samples = await scrape(server)
  const of = (name: string) => samples.get(name) ?? Number.NaN
  const acts = of('clientele_database_act_seconds_count{outcome="committed"}')
  assert.ok(acts >= 8, `${acts} acts`)
  assert.equal(of('clientele_database_commit_acts_sum'), acts)
  assert.ok(of('clientele_database_read_seconds_count') >= 1)
  assert.ok(of('nodejs_eventloop_lag_p99_seconds') >= 0)
  assert.ok(of('process_resident_memory_bytes') > 0)
})

test('no value of a request becomes a label', async () => {
  await using server = await startServer()
  const secret = 'ory_at_a-token-in-a-path'
  await server.public(`/oauth2/register/${secret}`)
  await server.public(`/nowhere/${secret}`)
  await server.public(`/oauth2/token?${secret}`, { method: 'PROPFIND' })
  await server.public('/oauth2/token', { method: 'POST', form: { grant_type: secret, client_id: secret } })
  await server.admin(`/admin/${secret}`)
  const names = [...(await scrape(server)).keys()].join('\n')
  assert.ok(!names.includes(secret))
  assert.match(names, /route="unknown",method="GET",status="4xx"/)
  assert.match(names, /route="\/oauth2\/token",method="unknown",status="4xx"/)
})
