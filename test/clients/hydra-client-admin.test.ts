import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OAuth2Client } from '@ory/hydra-client'
import { startServer, type TestServer } from '../support/server.ts'
import { credentialsOf, oauth2Api, refusal } from './hydra-client.ts'

const defaultScope = { settings: { oidc: { dynamic_client_registration: { default_scope: ['foo', 'bar'] } } } }

/** Unusual values that an administrator may write. */
const rich: OAuth2Client = {
  client_name: 'rich',
  client_secret: 'secret',
  redirect_uris: ['http://redirect', 'http://redirect1'],
  grant_types: ['implicit', 'refresh_token', 'authorize_code'],
  response_types: ['token', 'code', 'fooid_token'],
  scope: 'foo bar baz',
  policy_uri: 'http://policy',
  tos_uri: 'http://tos',
  client_uri: 'http://client',
  logo_uri: 'http://logo',
  contacts: ['admin', 'fooo@bar.com'],
  owner: 'an-owner',
  audience: ['https://api.example'],
  allowed_cors_origins: ['https://app.example'],
  metadata: { foo: 'bar' },
  jwks: {},
  token_endpoint_auth_method: 'client_secret_basic',
}
const client = async (server: TestServer, oAuth2Client: OAuth2Client) => (await oauth2Api(server).createOAuth2Client({ oAuth2Client })).data
const withoutSecret = ({ client_secret: _, ...rest }: OAuth2Client): OAuth2Client => rest
const withoutTimes = ({ updated_at: _, ...rest }: OAuth2Client): OAuth2Client => rest

/** The response to a write shows an unset list as null, a later read as []. Only this may differ. */
const comparable = (found: OAuth2Client): Record<string, unknown> =>
  Object.fromEntries(Object.entries(withoutTimes(found)).map(([name, value]) => [name, value === null ? [] : value]))

suite("Hydra's SDK, the OAuth2Api", () => {
  test('createOAuth2Client: an empty client has the default scope; deleteOAuth2Client', async () => {
    await using server = await startServer(defaultScope)
    const { id } = credentialsOf(await client(server, {}))
    assert.equal((await oauth2Api(server).getOAuth2Client({ id })).data.scope, 'foo bar')
    assert.equal((await oauth2Api(server).deleteOAuth2Client({ id })).status, 204)
    assert.deepEqual(await refusal(oauth2Api(server).getOAuth2Client({ id })), {
      status: 404,
      error: 'Unable to locate the resource',
      description: '',
    })
    assert.equal((await refusal(oauth2Api(server).deleteOAuth2Client({ id }))).status, 404)
  })

  test('createOAuth2Client, getOAuth2Client: every member is returned as written, the secret only once', async () => {
    await using server = await startServer()
    const created = await client(server, rich)
    for (const [name, value] of Object.entries(rich)) assert.deepEqual(created[name as keyof OAuth2Client], value, name)
    const { registration_access_token: token, registration_client_uri: uri, ...rest } = created
    assert.ok(token)
    assert.ok(uri)
    const { data: read } = await oauth2Api(server).getOAuth2Client({ id: credentialsOf(created).id })
    assert.deepEqual(comparable(read), comparable(withoutSecret(rest)))
  })

  test('createOAuth2Client: an id may be chosen if it is unused; a secret has at least 6 characters; with none there is no secret', async () => {
    await using server = await startServer()
    assert.equal(
      (await client(server, { client_id: 'not-a-uuid' })).registration_client_uri,
      `${server.publicUrl}/oauth2/register/not-a-uuid`,
    )
    assert.equal((await refusal(client(server, { client_id: 'not-a-uuid' }))).status, 409)
    assert.equal((await refusal(client(server, { client_secret: 'short' }))).status, 400)
    assert.equal((await client(server, { client_secret: 'secret' })).client_secret, 'secret')
    assert.equal((await client(server, { token_endpoint_auth_method: 'none' })).client_secret, undefined)
  })

  test('setOAuth2Client: replaces everything except the id and the secret; the same body changes nothing', async () => {
    await using server = await startServer()
    const created = await client(server, rich)
    const { id } = credentialsOf(created)
    const same = (await oauth2Api(server).setOAuth2Client({ id, oAuth2Client: created })).data
    const { registration_access_token: _1, registration_client_uri: _2, ...stored } = created
    assert.deepEqual(withoutTimes(same), withoutTimes(stored))
    const { data: replaced } = await oauth2Api(server).setOAuth2Client({ id, oAuth2Client: { client_name: 'another' } })
    assert.deepEqual(
      [replaced.client_id, replaced.client_name, replaced.owner, replaced.metadata, replaced.client_secret],
      [id, 'another', '', {}, undefined],
    )
    assert.equal((await refusal(oauth2Api(server).setOAuth2Client({ id: 'foo', oAuth2Client: {} }))).status, 404)
  })

  test('patchOAuth2Client: appends a redirect URI, refuses a change of the id, and accepts jwks beside jwks_uri', async () => {
    await using server = await startServer()
    const { id } = credentialsOf(await client(server, { jwks_uri: 'https://rp.example/jwks.json' }))
    const patch = (op: string, path: string, value: unknown) =>
      oauth2Api(server).patchOAuth2Client({ id, jsonPatch: [{ op, path, value }] })
    const before = (await oauth2Api(server).getOAuth2Client({ id })).data
    const { data } = await patch('add', '/redirect_uris/-', 'http://foo.bar')
    assert.deepEqual(comparable(data), comparable({ ...before, redirect_uris: ['http://foo.bar'] }))
    for (const path of ['/id', '/client_id']) assert.equal((await refusal(patch('replace', path, 'foo'))).status, 400, path)
    assert.equal((await patch('replace', '/client_name', 'test')).data.client_name, 'test')
  })

  test('patchOAuth2Client: a new secret is shown and valid at once, the old one is invalid', async () => {
    await using server = await startServer()
    const { id } = credentialsOf(await client(server, { client_secret: 'secret', grant_types: ['client_credentials'] }))
    const patch = (path: string, value: string) => oauth2Api(server).patchOAuth2Client({ id, jsonPatch: [{ op: 'replace', path, value }] })
    const works = async (secret: string) => {
      const form = { grant_type: 'client_credentials' }
      return (await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })).status
    }
    assert.equal((await patch('/client_uri', 'http://foo.bar')).data.client_secret, undefined)
    assert.equal(await works('secret'), 200)
    assert.equal((await patch('/client_secret', 'newsecret')).data.client_secret, 'newsecret')
    assert.deepEqual([await works('secret'), await works('newsecret')], [401, 200])
  })

  test('listOAuth2Clients: following Link lists each client once, without secrets; name and owner filter the list', async () => {
    await using server = await startServer()
    const ids = ['e', 'c', 'a', 'd', 'b']
    for (const id of ids) await client(server, { client_id: id, client_name: id === 'c' ? 'other' : 'same', owner: id < 'd' ? 'x' : 'y' })
    const listed: OAuth2Client[] = []
    let pages = 0
    for (let pageToken: string | undefined, last = false; !last; last = pageToken === undefined) {
      const page = await oauth2Api(server).listOAuth2Clients({ pageSize: 2, ...(pageToken !== undefined && { pageToken }) })
      listed.push(...page.data)
      pageToken = nextToken(String(page.headers.link))
      pages++
    }
    assert.deepEqual([pages, listed.map((one) => one.client_id)], [3, [...ids].sort()])
    assert.ok(listed.every((one) => one.client_secret === undefined && one.registration_access_token === undefined))
    const filtered = async (filter: { clientName?: string; owner?: string }) =>
      (await oauth2Api(server).listOAuth2Clients(filter)).data.map((one) => one.client_id)
    assert.deepEqual(await filtered({ owner: 'x' }), ['a', 'b', 'c'])
    assert.deepEqual(await filtered({ owner: 'x', clientName: 'same' }), ['a', 'b'])
    assert.deepEqual(await filtered({ clientName: 'unknown' }), [])
  })

  test('setOAuth2ClientLifespans: sets all thirteen in canonical form and clears omitted ones', async () => {
    await using server = await startServer()
    const { id } = credentialsOf(await client(server, {}))
    const names = Object.keys((await oauth2Api(server).getOAuth2Client({ id })).data).filter((name) => name.endsWith('_lifespan'))
    assert.equal(names.length, 13)
    const set = async (lifespans: Record<string, string>) => {
      const { data } = await oauth2Api(server).setOAuth2ClientLifespans({ id, oAuth2ClientTokenLifespans: lifespans })
      return names.map((name) => data[name as keyof OAuth2Client])
    }
    assert.deepEqual(
      await set(Object.fromEntries(names.map((name, at) => [name, `${31 + at}h`]))),
      names.map((_, at) => `${31 + at}h0m0s`),
    )
    assert.deepEqual(
      await set({}),
      names.map(() => null),
    )
    assert.equal((await refusal(oauth2Api(server).setOAuth2ClientLifespans({ id: 'foo' }))).status, 404)
  })

  test('introspectOAuth2Token: an active token has its scope and lifespan, any other only active: false', async () => {
    await using server = await startServer()
    const { id, secret } = credentialsOf(
      await client(server, {
        grant_types: ['client_credentials'],
        scope: 'read write',
        client_credentials_grant_access_token_lifespan: '5m',
      }),
    )
    const form = { grant_type: 'client_credentials', scope: 'read' }
    const { access_token: token } = (await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })).json
    const { data } = await oauth2Api(server).introspectOAuth2Token({ token })
    assert.deepEqual([data.active, data.client_id, data.sub, data.scope, data.token_use], [true, id, id, 'read', 'access_token'])
    assert.equal((data.exp ?? 0) - (data.iat ?? 0), 300)
    assert.deepEqual((await oauth2Api(server).introspectOAuth2Token({ token, scope: 'write' })).data, { active: false })
    assert.deepEqual((await oauth2Api(server).introspectOAuth2Token({ token: 'ory_at_unknown' })).data, { active: false })
  })
})

const nextToken = (link: string): string | undefined => /[?&]page_token=([^&>]+)[^>]*>; rel="next"/.exec(link)?.[1]
