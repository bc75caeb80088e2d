import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MetadataApi, WellknownApi } from '@ory/hydra-client'
import { startServer } from '../support/server.ts'
import { configuration, credentialsOf, oauth2Api, oidcApi, refusal } from './hydra-client.ts'

const website = { client_name: 'Website', redirect_uris: ['https://rp.example/cb'] }

suite("Hydra's SDK, the OidcApi", () => {
  test('createOidcDynamicClient, getOidcDynamicClient, setOidcDynamicClient, deleteOidcDynamicClient work in this order', async () => {
    await using server = await startServer()
    const { data: created, status } = await oidcApi(server).createOidcDynamicClient({ oAuth2Client: website })
    assert.equal(status, 201)
    const { id, secret, token } = credentialsOf(created)
    assert.equal(secret.length, 26)
    assert.equal(created.registration_client_uri, `${server.publicUrl}/oauth2/register/${id}`)

    const { data: read } = await oidcApi(server, token).getOidcDynamicClient({ id })
    assert.deepEqual([read.client_secret, read.registration_access_token, read.metadata], [undefined, undefined, undefined])
    assert.equal(read.client_name, 'Website')

    const second = [...website.redirect_uris, 'https://rp.example/second']
    const { client_secret: _, ...rest } = created
    const updated = await oidcApi(server, token).setOidcDynamicClient({ id, oAuth2Client: { ...rest, redirect_uris: second } })
    assert.equal(updated.status, 200)
    const { token: next } = credentialsOf(updated.data)
    assert.notEqual(next, token)
    assert.equal((await refusal(oidcApi(server, token).getOidcDynamicClient({ id }))).status, 401)
    assert.deepEqual((await oidcApi(server, next).getOidcDynamicClient({ id })).data.redirect_uris, second)

    const deleted = await oidcApi(server, next).deleteOidcDynamicClient({ id })
    assert.deepEqual([deleted.status, deleted.data], [204, ''])
    assert.equal((await refusal(oauth2Api(server).getOAuth2Client({ id }))).status, 404)
  })

  test('a token of another client, a wrong one and a missing one get the same 401 as an unknown client', async () => {
    await using server = await startServer()
    const mine = credentialsOf((await oidcApi(server).createOidcDynamicClient({ oAuth2Client: website })).data)
    const other = credentialsOf((await oidcApi(server).createOidcDynamicClient({ oAuth2Client: website })).data)
    const { id } = mine
    for (const token of [undefined, 'incorrect', other.id, other.token]) {
      const calls = [
        oidcApi(server, token).getOidcDynamicClient({ id }),
        oidcApi(server, token).setOidcDynamicClient({ id, oAuth2Client: website }),
        oidcApi(server, token).deleteOidcDynamicClient({ id }),
        oidcApi(server, mine.token).getOidcDynamicClient({ id: 'foo' }),
      ]
      const refusals = await Promise.all(calls.map(refusal))
      for (const one of refusals) assert.deepEqual(one, refusals[0])
      assert.equal(refusals[0]?.status, 401)
    }
    assert.equal((await oidcApi(server, mine.token).getOidcDynamicClient({ id })).status, 200)
  })

  test("the operator's members cannot be set: metadata, strategy, consent, secret", async () => {
    await using server = await startServer()
    const forbidden = [
      { metadata: { foo: 'bar' } },
      { access_token_strategy: 'jwt' },
      { skip_consent: true },
      { skip_logout_consent: true },
      { client_secret: 'foobarbaz' },
    ]
    const { id, token } = credentialsOf((await oidcApi(server).createOidcDynamicClient({ oAuth2Client: website })).data)
    for (const members of forbidden) {
      const [name = ''] = Object.keys(members)
      const oAuth2Client = { ...website, ...members }
      const created = await refusal(oidcApi(server).createOidcDynamicClient({ oAuth2Client }))
      assert.deepEqual([created.status, created.error], [400, 'invalid_client_metadata'], name)
      assert.match(created.description, new RegExp(`^${name}: `))
      const updated = await refusal(oidcApi(server, token).setOidcDynamicClient({ id, oAuth2Client }))
      assert.equal(updated.status, name === 'client_secret' ? 403 : 400, name)
    }
    assert.equal((await oidcApi(server, token).getOidcDynamicClient({ id })).status, 200)
  })

  test("an operator's client is managed with the token that createOAuth2Client returned", async () => {
    await using server = await startServer()
    const created = await oauth2Api(server).createOAuth2Client({
      oAuth2Client: { ...website, client_secret: 'averylongsecret', metadata: { plan: 'gold' }, skip_consent: true },
    })
    const { id, token } = credentialsOf(created.data)
    const { data: read } = await oidcApi(server, token).getOidcDynamicClient({ id })
    assert.equal(JSON.stringify(read).includes('gold'), false)
    await oidcApi(server, token).setOidcDynamicClient({ id, oAuth2Client: { ...read, client_name: 'Renamed' } })
    const { data: seen } = await oauth2Api(server).getOAuth2Client({ id })
    assert.deepEqual([seen.client_name, seen.metadata, seen.skip_consent], ['Renamed', { plan: 'gold' }, true])
  })

  test('discoverOidcConfiguration, discoverJsonWebKeys, getVersion, isAlive, isReady', async () => {
    await using server = await startServer()
    const { data } = await oidcApi(server).discoverOidcConfiguration()
    assert.equal(data.issuer, server.issuer)
    assert.equal(data.registration_endpoint, `${server.publicUrl}/oauth2/register`)
    const keys = await new WellknownApi(configuration(server.publicUrl)).discoverJsonWebKeys()
    const key = keys.data.keys?.[0]
    assert.deepEqual([key?.alg, key?.use, key?.kty, key?.d], ['RS256', 'sig', 'RSA', undefined])
    const metadata = new MetadataApi(configuration(server.adminUrl))
    assert.match((await metadata.getVersion()).data.version ?? '', /^\d+\.\d+\.\d+/)
    assert.equal((await metadata.isAlive()).data.status, 'ok')
    assert.equal((await metadata.isReady()).data.status, 'ok')
  })
})
