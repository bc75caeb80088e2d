import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { loadSettings, startServer, systemSecret } from '../support/server.ts'

const tracingTo = (address: string, more: Record<string, unknown> = {}) => ({
  tracing: {
    provider: 'otel',
    service_name: 'clientele-under-test',
    deployment_environment: 'test',
    providers: { otlp: { server_url: address, insecure: true, ...more } },
  },
})

test('a request is a span named by its route, with a child span for the act, and without values of the request', async () => {
  await using receiver = await startOtlpReceiver()
  await using server = await startServer({ settings: tracingTo(receiver.address, { authorization_header: 'Bearer of-the-receiver' }) })
  const { json: client } = await server.public('/oauth2/register?note=in-the-query', {
    method: 'POST',
    json: { grant_types: ['client_credentials'], client_name: 'A name in the body' },
  })
  const path = `/oauth2/register/${client.client_id}`
  await server.public(path, { bearer: client.registration_access_token })
  await server.public(`${path}?access_token=${client.registration_access_token}`, { bearer: 'a-wrong-token' })
  await server.public('/nowhere/at-all')

  const spans = await receiver.until((all) => all.length >= 5)
  const [register] = spans.filter(({ name }) => name === 'POST /oauth2/register')
  assert.ok(register)
  assert.equal(register.parentSpanId, undefined)
  assert.deepEqual(register.attributes, {
    'http.request.method': 'POST',
    'clientele.listener': 'public',
    'http.route': '/oauth2/register',
    'http.response.status_code': 201,
  })
  assert.equal(register.resource['service.name'], 'clientele-under-test')
  assert.equal(register.resource['deployment.environment.name'], 'test')
  const [act] = spans.filter(({ name }) => name === 'act')
  assert.equal(act?.parentSpanId, register.spanId)
  assert.equal(act?.traceId, register.traceId)
  assert.deepEqual(
    spans.filter(({ name }) => name === 'GET /oauth2/register/:id').map(({ attributes }) => attributes['http.response.status_code']),
    [200, 401],
  )
  assert.ok(spans.some(({ name, attributes }) => name === 'GET unknown' && attributes['http.response.status_code'] === 404))

  const sent = receiver.bodies.join('\n')
  for (const word of [
    ...[client.client_id, client.client_secret, client.registration_access_token, 'a-wrong-token'],
    ...['in-the-query', 'A name in the body', 'at-all', systemSecret],
  ])
    assert.ok(!sent.includes(word), `${word.slice(0, 12)} was traced`)
  assert.ok(receiver.authorizations.every((header) => header === 'Bearer of-the-receiver'))
})

test('a caller’s trace is continued with the caller’s sampling decision (W3C Trace Context)', async () => {
  await using receiver = await startOtlpReceiver()
  await using server = await startServer({ settings: tracingTo(receiver.address, { sampling: { sampling_ratio: 0 } }) })
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const parent = 'b7ad6b7169203331'
  await server.public('/health/alive')
  await server.public('/health/alive', { headers: { traceparent: `00-${trace}-${parent}-00` } })
  await server.public('/health/alive', { headers: { traceparent: 'not one' } })
  await server.public('/version-that-is-not', { headers: { traceparent: `00-${trace}-${parent}-01` } })
  const spans = await receiver.until((all) => all.length > 0)
  assert.deepEqual(
    spans.map(({ name, traceId, parentSpanId }) => ({ name, traceId, parentSpanId })),
    [{ name: 'GET unknown', traceId: trace, parentSpanId: parent }],
  )
})

test('an unavailable trace receiver does not affect requests', async () => {
  await using server = await startServer({ settings: tracingTo('127.0.0.1:1') })
  assert.equal((await server.public('/oauth2/register', { method: 'POST', json: { grant_types: ['client_credentials'] } })).status, 201)
})

const basis = { dsn: 'memory', urls: { self: { issuer: 'https://auth.example.com/' } }, secrets: { system: [systemSecret] } }

test('jaeger and zipkin are accepted with a warning that names otel', () => {
  for (const provider of ['jaeger', 'zipkin']) {
    const { config, warnings } = loadSettings({
      ...basis,
      tracing: { provider, providers: { [provider]: { local_agent_address: 'x:1' } } },
    })
    assert.equal(config.tracing.provider, undefined)
    assert.ok(warnings.some((warning) => /^tracing\.provider: only otel .* tracing\.providers\.otlp\.server_url/.test(warning)))
  }
})

test('otel without a receiver, or with one that is not host and port, prevents start-up with a hint', () => {
  assert.throws(
    () => loadSettings({ ...basis, tracing: { provider: 'otel' } }),
    /tracing\.providers\.otlp\.server_url: is not set .* localhost:4318/,
  )
  const otlp = { server_url: 'https://collector.example.com/v1/traces' }
  assert.throws(() => loadSettings({ ...basis, tracing: { provider: 'otel', providers: { otlp } } }), /is not a host with a port/)
  const ratio = { server_url: 'localhost:4318', sampling: { sampling_ratio: 2 } }
  assert.throws(
    () => loadSettings({ ...basis, tracing: { provider: 'otel', providers: { otlp: ratio } } }),
    /sampling_ratio: 2 .* from 0 to 1/,
  )
})
