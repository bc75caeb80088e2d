import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type RegistrationBody, registrationBodies } from './registration-bodies.ts'

suite('a client in use registers, reads, puts back the response, and deletes itself', () => {
  let server: TestServer
  before(async () => {
    server = await startServer()
  })
  after(() => server[Symbol.asyncDispose]())

  for (const registration of registrationBodies) test(registration.client, () => wholeLife(server, registration))
})

async function wholeLife(server: TestServer, { body, shown = {} }: RegistrationBody): Promise<void> {
  const registered = await server.public('/oauth2/register', { method: 'POST', json: body })
  assert.equal(registered.status, 201, registered.text)
  const { client_id: id, client_secret: secret, registration_access_token: first } = registered.json
  for (const [name, value] of Object.entries({ ...body, ...shown })) assert.deepEqual(registered.json[name], value, name)

  const path = `/oauth2/register/${id}`
  const put = (bearer: string, json: unknown) => server.public(path, { method: 'PUT', bearer, json })
  const read = await server.public(path, { bearer: first })
  assert.equal(read.status, 200)
  assert.deepEqual(read.json, withoutSecrets(registered.json))

  const putBack = await put(first, read.json)
  const second = changesOnlyTheToken(putBack, read, first)
  const readAgain = await server.public(path, { bearer: second })
  assert.deepEqual(readAgain.json, withoutSecrets(putBack.json))

  const third = changesOnlyTheToken(await put(second, registered.json), readAgain, second)
  if (secret !== undefined) assert.equal(await authenticates(server, id, secret), true)

  assert.equal((await server.public(path, { method: 'DELETE', bearer: third })).status, 204)
  assert.equal((await server.public(path, { bearer: third })).status, 401)
  if (secret !== undefined) assert.equal(await authenticates(server, id, secret), false)
}

/** Without the members that are shown only in the response that issues them. */
function withoutSecrets(json: Record<string, unknown>): Record<string, unknown> {
  const { client_secret: _1, client_secret_expires_at: _2, registration_access_token: _3, ...rest } = json
  return rest
}

/** Asserts that a PUT changed nothing but the time of the last update and the token; returns the new token. */
function changesOnlyTheToken(answer: Received, before: Received, presented: string): string {
  assert.equal(answer.status, 200, answer.text)
  const { registration_access_token: next, updated_at: _, ...rest } = answer.json
  assert.equal(typeof next, 'string')
  assert.notEqual(next, presented)
  const { updated_at: __, ...unchanged } = before.json
  assert.deepEqual(rest, unchanged)
  return next
}

/** Whether the secret is right: a wrong one is 401; with the right one the request is 400, because the client lacks this grant. */
async function authenticates(server: TestServer, id: string, secret: string): Promise<boolean> {
  const form = { grant_type: 'client_credentials' }
  const { status } = await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })
  return status === 400
}
