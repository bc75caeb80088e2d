import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type LoginClient, redirectUri, seeConsentPage } from '../support/login-client.ts'
import { type OwnClient, registrant } from '../support/registrant.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'

// A client is verified while its approved terms are those that an administrator wrote.

const bank = {
  client_name: 'Honest Bank',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'openid offline_access',
  token_endpoint_auth_method: 'client_secret_basic',
}
const stolen = { client_name: 'Your Bank', redirect_uris: ['https://evil.example/cb'] }

const byJson = (method: string, json: unknown) => ({ method, json })

describe('verified', () => {
  let server: TestServer
  let clients: ReturnType<typeof registrant>
  before(async () => {
    server = await startServer({ settings: { dev: true } })
    clients = registrant(server)
  })
  after(() => server[Symbol.asyncDispose]())

  const admin = async (path: string, sent: ReturnType<typeof byJson>): Promise<Received> => {
    const answer = await server.admin(`/admin/clients/${path}`, sent)
    assert.equal(answer.status, 200, answer.text)
    return answer
  }
  const put = async (client: OwnClient, json: unknown) => {
    const answer = await client.put(json)
    assert.equal(answer.status, 200, answer.text)
  }

  /** Whether the consent page and the consent request for login applications both say that the client is verified. */
  async function isVerified({ id, secret }: LoginClient, redirect_uri = redirectUri): Promise<boolean> {
    const page = await seeConsentPage(server, { id, secret }, { parameters: { redirect_uri } })
    const [, challenge = ''] = /name="consent_challenge" value="([^"]+)"/.exec(page.text) ?? []
    const { json } = await server.admin(`/admin/oauth2/auth/requests/consent?consent_challenge=${challenge}`)
    const { verified, verified_by: by } = json.client_facts
    assert.equal(by, verified ? 'administrator' : null)
    assert.equal(page.text.includes('<span class="mark">verified by the operator</span>'), verified)
    assert.equal(page.text.includes('<span class="mark care">not verified</span>'), !verified)
    assert.equal(page.text.includes('class="care-note"'), !verified)
    return verified
  }

  test('a client of an administrator whose owner changes its name and redirect host is no longer verified', async () => {
    const client = await clients.created(bank)
    assert.equal(await isVerified(client), true)
    await put(client, { ...bank, ...stolen })
    assert.equal(await isVerified(client, stolen.redirect_uris[0]), false)
  })

  test('an owner who puts the terms back makes the client verified again', async () => {
    const client = await clients.created(bank)
    await put(client, { ...bank, ...stolen })
    await put(client, bank)
    assert.equal(await isVerified(client), true)
  })

  test('an owner who sends back what the server shows keeps the client verified', async () => {
    const client = await clients.created({ client_name: 'Honest Bank', redirect_uris: [redirectUri], scope: 'openid offline_access' })
    await put(client, (await client.read()).json)
    assert.equal(await isVerified(client), true)
  })

  test('an owner who adds a path of the registered host ends that the client is verified', async () => {
    const client = await clients.created(bank)
    await put(client, { ...bank, redirect_uris: [redirectUri, 'https://app.example/other'] })
    assert.equal(await isVerified(client), false)
  })

  test('an owner who changes only the port of a loopback redirect URI keeps the client verified', async () => {
    const client = await clients.created({ ...bank, redirect_uris: ['http://127.0.0.1:5000/cb'] })
    await put(client, { ...bank, redirect_uris: ['http://127.0.0.1:6000/cb'] })
    assert.equal(await isVerified(client, 'http://127.0.0.1:7000/cb'), true)
  })

  test('writes of an administrator that leave the terms unchanged do not verify a client', async () => {
    const client = await clients.created(bank)
    await put(client, { ...bank, ...stolen })
    await admin(client.id, byJson('PUT', { ...bank, ...stolen }))
    await admin(client.id, byJson('PUT', { ...bank, ...stolen, owner: 'ada', logo_uri: 'https://evil.example/logo.png' }))
    await admin(client.id, byJson('PATCH', [{ op: 'replace', path: '/scope', value: 'openid offline' }]))
    await admin(`${client.id}/lifespans`, byJson('PUT', { authorization_code_grant_access_token_lifespan: '1h' }))
    await admin(`${client.id}/secrets/rotate`, byJson('POST', undefined))
    assert.equal(await isVerified(client, stolen.redirect_uris[0]), false)
  })

  test('a client that registered itself is verified once an administrator changes its terms, and not before', async () => {
    const client = await clients.registered({ ...bank, 'client_name#de': 'Ehrliche Bank' })
    await admin(client.id, byJson('PATCH', []))
    assert.equal(await isVerified(client), false)
    await admin(client.id, byJson('PATCH', [{ op: 'replace', path: '/client_name', value: 'The Bank' }]))
    assert.equal(await isVerified(client), true)
    await put(client, bank)
    assert.equal(await isVerified(client), false)
  })

  test('a change of an administrator verifies the new terms, and no longer the old ones', async () => {
    const client = await clients.created(bank)
    await admin(client.id, byJson('PUT', { ...bank, ...stolen }))
    assert.equal(await isVerified(client, stolen.redirect_uris[0]), true)
    await put(client, bank)
    assert.equal(await isVerified(client), false)
  })
})
