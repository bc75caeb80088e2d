import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../support/any-character.ts'
import { assertWellFormed, type FuzzedServer, fuzzFactor, startFuzzedServer } from './fuzzed-server.ts'
import { clientText, jsonPatchText } from './hostile-input.ts'

const civil = ({ status, headers, text }: { status: number; headers: object; text: string }) =>
  assertWellFormed({ status, headers: headers as Record<string, string>, body: text }, '')

describe('registrations with hostile metadata', () => {
  let server: FuzzedServer
  before(async () => {
    server = await startFuzzedServer()
  })
  after(() => server[Symbol.asyncDispose]())

  test('accepted metadata is read unchanged, and putting back what was read changes nothing (RFC 7592 §2.2)', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(clientText(), async (body) => {
        const made = await server.public('/oauth2/register', { method: 'POST', body })
        civil(made)
        if (made.status !== 201) return
        accepted++
        const { client_secret: _, client_secret_expires_at: __, registration_access_token: bearer, ...registered } = made.json
        const path = `/oauth2/register/${registered.client_id}`
        const read = await server.public(path, { bearer })
        assert.deepEqual(read.json, registered)
        const put = await server.public(path, { method: 'PUT', bearer, body: read.text })
        assert.equal(put.status, 200, put.text)
        const { registration_access_token: next, updated_at: ___, ...again } = put.json
        const { updated_at: ____, ...before } = registered
        assert.deepEqual(again, before)
        assert.equal((await server.public(path, { bearer: next })).status, 200)
        assert.equal((await server.public(path, { bearer })).status, 401)
      }),
      { numRuns: 400 * fuzzFactor },
    )
    assert.ok(accepted > 20, `${accepted} were accepted`)
  })

  test('a refused update changes nothing, and the registration access token stays valid', async () => {
    const metadata = { grant_types: ['client_credentials'], client_name: 'as it was' }
    const { json } = await server.public('/oauth2/register', { method: 'POST', json: metadata })
    const path = `/oauth2/register/${json.client_id}`
    let bearer: string = json.registration_access_token
    await fc.assert(
      fc.asyncProperty(clientText(), async (body) => {
        const before = (await server.public(path, { bearer })).text
        const put = await server.public(path, { method: 'PUT', bearer, body })
        civil(put)
        if (put.status === 200) bearer = put.json.registration_access_token
        else assert.equal((await server.public(path, { bearer })).text, before)
      }),
      { numRuns: 300 * fuzzFactor },
    )
  })
})

describe('hostile requests of an administrator', () => {
  let server: FuzzedServer
  before(async () => {
    server = await startFuzzedServer()
  })
  after(() => server[Symbol.asyncDispose]())

  test('an accepted id is found at its Location and its registration_client_uri, and can be deleted', async () => {
    const id = fc.oneof(
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 60 }),
      fc.string({ minLength: 1, maxLength: 260 }),
      fc.constantFrom(
        '/',
        '//',
        'a/b',
        '%2F',
        '%',
        '?',
        '#',
        ';',
        ' ',
        '\u0000',
        '\ud800',
        'a\udc00',
        '...',
        '%2e%2e',
        '🦊'.repeat(127),
        '__proto__',
        '\\',
        '\n',
      ),
    )
    await fc.assert(
      fc.asyncProperty(id, async (clientId) => {
        const made = await server.admin('/admin/clients', { method: 'POST', json: { client_id: clientId } })
        civil(made)
        if (made.status !== 201) return assert.equal(made.status, 400)
        assert.equal(made.json.client_id, clientId)
        const location = made.headers.location ?? ''
        assert.equal((await server.admin(location)).json.client_id, clientId)
        const own = await server.public(new URL(made.json.registration_client_uri).pathname, {
          bearer: made.json.registration_access_token,
        })
        assert.equal(own.json.client_id, clientId)
        assert.equal((await server.admin(location, { method: 'DELETE' })).status, 204)
      }),
      { numRuns: 300 * fuzzFactor },
    )
    assert.equal(await server.clients(), 0)
  })

  test('a JSON Patch is applied completely or not at all, and never changes the id (RFC 6902 §5)', async () => {
    const client = { client_id: 'patched', client_name: 'name', metadata: { a: [1, 2] }, redirect_uris: ['https://app.example/cb'] }
    await server.admin('/admin/clients', { method: 'POST', json: client })
    let applied = 0
    await fc.assert(
      fc.asyncProperty(jsonPatchText(), async (body) => {
        const before = (await server.admin('/admin/clients/patched')).text
        const answer = await server.admin('/admin/clients/patched', { method: 'PATCH', body })
        civil(answer)
        const after = await server.admin('/admin/clients/patched')
        assert.equal(after.status, 200)
        assert.equal(after.json.client_id, 'patched')
        if (answer.status === 200) applied++
        else assert.equal(after.text, before)
        assert.equal(({} as Record<string, unknown>).admin, undefined)
      }),
      { numRuns: 500 * fuzzFactor },
    )
    assert.ok(applied > 5, `${applied} were applied`)
  })

  test('the log has no internal error', () => {
    assert.deepEqual(
      server.lines.filter(({ level }) => level === 'error'),
      [],
    )
  })
})
