import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../support/server.ts'

test('a self-registered client can be managed, and gets a token that the operator can introspect', async () => {
  await using server = await startServer({ settings: { oidc: { dynamic_client_registration: { allowed_scope: ['notes.read'] } } } })
  const metadata = { grant_types: ['client_credentials'], scope: 'notes.read', client_name: 'Notes' }
  const registered = await server.public('/oauth2/register', { method: 'POST', json: metadata })
  assert.equal(registered.status, 201)
  const { client_id: id, client_secret: secret, registration_access_token: first } = registered.json

  const updated = await server.public(`/oauth2/register/${id}`, {
    method: 'PUT',
    bearer: first,
    json: { ...metadata, client_name: 'Better notes' },
  })
  assert.equal(updated.status, 200)
  assert.equal((await server.public(`/oauth2/register/${id}`, { bearer: first })).status, 401)
  const read = await server.public(`/oauth2/register/${id}`, { bearer: updated.json.registration_access_token })
  assert.equal(read.json.client_name, 'Better notes')

  const token = await server.public('/oauth2/token', {
    method: 'POST',
    basic: [id, secret],
    form: { grant_type: 'client_credentials', scope: 'notes.read' },
  })
  assert.equal(token.status, 200)
  const introspect = () => server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token: token.json.access_token } })
  assert.equal((await introspect()).json.active, true)
  assert.equal((await server.admin(`/admin/clients/${id}`)).json.client_name, 'Better notes')

  assert.equal(
    (await server.public(`/oauth2/register/${id}`, { method: 'DELETE', bearer: updated.json.registration_access_token })).status,
    204,
  )
  assert.deepEqual((await introspect()).json, { active: false })
})
