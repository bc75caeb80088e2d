import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startServer } from '../support/server.ts'
import { amend } from './amend.ts'
import type { Difference } from './compare.ts'
import { deliberate } from './deliberate.ts'
import { readExchanges } from './exchange.ts'
import { type Outcome, replay } from './replay.ts'

const failingFetch = Object.assign(() => Promise.reject(new Error('no server')), { async [Symbol.asyncDispose]() {} })

const exchanges = readExchanges()
const outcomes = await replayOn(exchanges)

const places = deliberate.flatMap(({ ours }) =>
  Object.entries(ours).flatMap(([id, byPlace]) => Object.entries(byPlace).map(([place, value]) => ({ key: `${id} ${place}`, value }))),
)
const listed = new Map(places.map(({ key, value }) => [key, value]))

/** Three servers, configured as Hydra was. Fetches of URLs in the recording fail. */
async function replayOn(these: typeof exchanges, oauth2: Record<string, unknown> = {}): Promise<Outcome[]> {
  const subjects = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a-salt-for-pairwise' } }
  await using main = await startServer({ settings: { dev: true, oidc: { subject_identifiers: subjects }, oauth2 }, fetch: failingFetch })
  await using off = await startServer({
    settings: { dev: true, oidc: { subject_identifiers: subjects, dynamic_client_registration: { enabled: false } } },
  })
  await using strict = await startServer({
    settings: {
      dev: true,
      oidc: { dynamic_client_registration: { default_scope: ['foo', 'bar'] } },
      clients: { http: { disallow_private_ip_ranges: true } },
      oauth2: { expose_internal_errors: true, pkce: { enforced: true } },
      strategies: { access_token: 'jwt' },
    },
  })
  for (const server of [main, off]) {
    server.reconfigure({ webfinger: { oidc_discovery: { client_registration_url: `${server.publicUrl}/oauth2/register` } } })
  }
  return await replay(these, { main, off, strict }, amend)
}

/** The differences from the recording that are not listed, or are listed with another value. */
function unlisted({ exchange: { id, title }, differences, matches }: Outcome): string[] {
  const isListed = ({ place, ours }: Difference): boolean => {
    const key = `${id} ${place}`
    const value = listed.get(key)
    return (
      listed.has(key) && (typeof value === 'string' ? typeof ours === 'string' && matches(value, ours) : isDeepStrictEqual(value, ours))
    )
  }
  return differences
    .filter((one) => !isListed(one))
    .map(({ place, hydra, ours }) => `${id} (${title}), ${place}: Hydra ${JSON.stringify(hydra)}, this server ${JSON.stringify(ours)}`)
}

for (const face of ['admin', 'registration', 'discovery'] as const) {
  test(`each recorded ${face} exchange gets Hydra’s response, except for the listed differences`, () => {
    const those = outcomes.filter(({ exchange }) => exchange.face === face)
    assert.ok(those.length > 0)
    assert.deepEqual(those.flatMap(unlisted), [])
  })
}

test('each difference is listed once, and each listed difference exists', () => {
  assert.equal(listed.size, places.length)
  const found = new Set(outcomes.flatMap(({ exchange, differences }) => differences.map(({ place }) => `${exchange.id} ${place}`)))
  assert.deepEqual(
    [...listed.keys()].filter((key) => !found.has(key)),
    [],
  )
})

test('no admin exchange without a known deviation is listed, except a321 and those with a wrong URL in Hydra’s response', () => {
  const exact = exchanges.filter(({ face, deviation }) => face === 'admin' && deviation === undefined).map(({ id }) => id)
  const named = new Set(deliberate.flatMap(({ ours }) => Object.keys(ours)))
  assert.deepEqual(
    exact.filter((id) => named.has(id)),
    ['a014-off-admin-create', 'a180-priv-create', 'a321-r-get-route'],
  )
})

test('R7591-65 (RFC 7591 §3.2.1): every response with a secret must not be cached', () => {
  const secret = ['client_secret', 'registration_access_token', 'access_token']
  const withSecret = outcomes.filter(({ answer: { json } }) => secret.some((name) => json?.[name] !== undefined))
  assert.ok(withSecret.length > 0)
  for (const { exchange, answer } of withSecret) assert.match(String(answer.headers['cache-control']), /no-store/, exchange.id)
})

test('R7591-68 (RFC 7591 §3.2.2), RFC 6750 §3.1: every error at the registration endpoint has a registered code and a description', () => {
  const codes = ['invalid_redirect_uri', 'invalid_client_metadata', 'invalid_token']
  const refused = outcomes.filter(({ exchange, answer }) => {
    return exchange.request.path.startsWith('/oauth2/register') && [400, 401, 403].includes(answer.status)
  })
  assert.ok(refused.length > 0)
  for (const { exchange, answer } of refused) {
    assert.deepEqual(Object.keys(answer.json), ['error', 'error_description'], exchange.id)
    assert.ok(codes.includes(answer.json.error), exchange.id)
    assert.notEqual(answer.json.error_description, '', exchange.id)
  }
})

test('with secret_transport exact, a secret in the unregistered method gets Hydra’s error', async () => {
  const these = exchanges.filter(({ id }) => ['r038-create-post', 'r322-z-post-put', 'r323-z-post-ok'].includes(id))
  const [, crossed, registered] = await replayOn(these, { secret_transport: 'exact' })
  assert.deepEqual([crossed?.differences, registered?.differences], [[], []])
})

test('a disabled route returns 404 for every method, including OPTIONS, and is not advertised', async () => {
  await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { enabled: false } } } })
  server.reconfigure({ webfinger: { oidc_discovery: { client_registration_url: `${server.publicUrl}/oauth2/register` } } })
  const { client_id: id, registration_access_token: bearer } = (await server.admin('/admin/clients', { method: 'POST', json: {} })).json
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
  for (const path of ['/oauth2/register', `/oauth2/register/${id}`]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      for (const headers of [{}, preflight]) {
        const answer = await server.public(path, { method, bearer, headers })
        assert.equal(answer.status, 404, `${method} ${path}`)
        assert.equal(answer.headers.allow, undefined, `${method} ${path}`)
      }
    }
  }
  const advertised = await server.public('/.well-known/openid-configuration')
  assert.equal('registration_endpoint' in advertised.json, false)
})
