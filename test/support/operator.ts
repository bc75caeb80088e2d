import assert from 'node:assert/strict'
import type { Received } from './request.ts'
import type { TestServer } from './server.ts'

/** Creates an operator's client for the client-credentials grant, with a chosen or generated secret. */
export async function createClient(
  server: TestServer,
  members: Record<string, unknown> = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const made = await server.admin('/admin/clients', { method: 'POST', json: { grant_types: ['client_credentials'], ...members } })
  assert.equal(made.status, 201, made.text)
  return { id: made.json.client_id, secret: made.json.client_secret ?? '' }
}

/** A token request with Basic credentials. */
export const askToken = (
  server: TestServer,
  { id, secret }: { readonly id: string; readonly secret: string },
  form: Record<string, string | readonly string[]> = {},
): Promise<Received> =>
  server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form: { grant_type: 'client_credentials', ...form } })

export const introspect = async (server: TestServer, token: string, form: Record<string, string> = {}) =>
  (await server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token, ...form } })).json
