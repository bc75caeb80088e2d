import assert from 'node:assert/strict'
import type { OwnClient } from './registrant.ts'
import type { Received, Sent } from './request.ts'
import type { TestServer } from './server.ts'

export interface ReadJwt {
  readonly header: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the type of the response.
  readonly payload: any
}

/** Header and payload of a JWT, without verification. */
export function readJwt(token: string): ReadJwt {
  const [header, payload] = token.split('.').map((part) => part && Buffer.from(part, 'base64url').toString('utf8'))
  return { header: JSON.parse(header ?? ''), payload: JSON.parse(payload ?? '') }
}

/** Shorthands for requests with access tokens. */
export function tokenBearer(server: TestServer) {
  const introspect = async (token: string, more: Sent['form'] = {}): Promise<Received> =>
    server.admin('/admin/oauth2/introspect', { method: 'POST', form: { token, ...more } })
  return {
    introspect,
    isActive: async (token: string): Promise<boolean> => (await introspect(token)).json.active,
    /** `POST /oauth2/revoke` with the client's Basic credentials. */
    revoke: (client: OwnClient, token: string, more: Sent['form'] = {}) =>
      server.public('/oauth2/revoke', { method: 'POST', basic: [client.id, client.secret], form: { token, ...more } }),
    /** The access token of a request that must succeed. */
    async tokenOf(client: OwnClient, form?: Sent['form']): Promise<string> {
      const answer = await client.askToken(form)
      assert.equal(answer.status, 200, answer.text)
      return answer.json.access_token
    },
  }
}
