import assert from 'node:assert/strict'
import type { Received, Sent } from './request.ts'
import type { TestServer } from './server.ts'

/** The smallest registration with a redirect grant. */
export const minimal = { redirect_uris: ['https://app.example/cb'], client_name: 'T' }

/** The smallest registration that can get a token without a browser. */
export const machine = { grant_types: ['client_credentials'] }

/** A client with its credentials, as its developer has it. */
export interface OwnClient {
  /** The response to the registration or to the latest successful `put`. */
  readonly answer: Received
  readonly id: string
  /** The secret that was issued last. */
  readonly secret: string
  /** The registration access token in force. */
  readonly token: string
  /** The path of `registration_client_uri`, unchanged. */
  readonly path: string
  /** GET with this client's token, unless another is given; `null` sends none. */
  read(bearer?: string | null): Promise<Received>
  /** PUT; on success the new token replaces the old one. */
  put(json: unknown): Promise<Received>
  remove(): Promise<Received>
  /** `POST /oauth2/token` for `client_credentials` with Basic credentials. */
  askToken(form?: Sent['form']): Promise<Received>
}

/** Shorthands for requests to the registration endpoint. */
export function registrant(server: TestServer) {
  const register = (json: unknown, sent: Sent = {}): Promise<Received> =>
    server.public('/oauth2/register', { method: 'POST', json, ...sent })
  return {
    /** The response to a registration, success or error. */
    register,
    /** The client of a registration that must succeed. */
    async registered(json: unknown = minimal): Promise<OwnClient> {
      const answer = await register(json)
      assert.equal(answer.status, 201, answer.text)
      return ownClient(server, answer)
    },
    /** A client that an administrator creates, with its registration access token. */
    async created(json: unknown): Promise<OwnClient> {
      const answer = await server.admin('/admin/clients', { method: 'POST', json })
      assert.equal(answer.status, 201, answer.text)
      return ownClient(server, answer)
    },
    /** The number of clients with this name, which should be unique to the test. */
    async countNamed(name: string): Promise<number> {
      const list = await server.admin(`/admin/clients?client_name=${encodeURIComponent(name)}`)
      assert.equal(list.status, 200, list.text)
      return list.json.length
    },
  }
}

function ownClient(server: TestServer, registration: Received): OwnClient {
  let answer = registration
  let { client_secret: secret, registration_access_token: token } = registration.json
  const { client_id: id, registration_client_uri: uri } = registration.json
  const path = new URL(uri).pathname
  const basic = () => [id, secret] as const
  return {
    get answer() {
      return answer
    },
    id,
    get secret() {
      return secret
    },
    get token() {
      return token
    },
    path,
    read: (bearer = token) => server.public(path, bearer === null ? {} : { bearer }),
    async put(json) {
      const updated = await server.public(path, { method: 'PUT', bearer: token, json })
      if (updated.status !== 200) return updated
      answer = updated
      token = updated.json.registration_access_token
      secret = updated.json.client_secret ?? secret
      return updated
    },
    remove: () => server.public(path, { method: 'DELETE', bearer: token }),
    askToken: (form = {}) =>
      server.public('/oauth2/token', { method: 'POST', basic: basic(), form: { grant_type: 'client_credentials', ...form } }),
  }
}

/**
 * Asserts an error of RFC 7591 §3.2.2: 400, JSON, no-store, the code, and an ASCII description.
 *
 * @param named texts that `error_description` must contain
 */
export function assertRefused(received: Received, code: string, ...named: string[]): void {
  assert.equal(received.status, 400, received.text)
  assert.match(received.headers['content-type'] ?? '', /^application\/json\b/)
  assert.equal(received.headers['cache-control'], 'no-store')
  assert.equal(received.json.error, code, received.text)
  assert.match(received.json.error_description, /^[\x20-\x7e]+$/)
  for (const part of named) assert.ok(received.json.error_description.includes(part), `no ${part} in: ${received.text}`)
}

/** Asserts the 401 of the configuration endpoint (RFC 6750 §3.1). */
export function assertNotOwner(received: Received): void {
  assert.equal(received.status, 401, received.text)
  assert.equal(received.headers['www-authenticate'], 'Bearer error="invalid_token"')
  assert.equal(received.json.error, 'invalid_token')
}
