import type { TestServer } from '../support/server.ts'
import type { RawAnswer } from './raw-request.ts'

const made = {
  'known-machine': { grant_types: ['client_credentials'], scope: 'openid' },
  'known-app': { grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' },
}

/** Clients that stay usable while they are fuzzed: new credentials are followed, and a deleted client is created again. */
export class KnownClients {
  static readonly ids = Object.keys(made)
  /** Placeholders for the current credentials, which differ between runs. */
  static readonly authorizations = KnownClients.ids.flatMap((id) => [`Bearer <${id}>`, `Basic <${id}>`])
  readonly #server: TestServer
  readonly #credentials = new Map<string, { bearer?: string; secret?: string }>()

  constructor(server: TestServer) {
    this.#server = server
  }

  async make(): Promise<void> {
    for (const [id, body] of Object.entries(made)) {
      if (this.#credentials.has(id)) continue
      const { json } = await this.#server.admin('/admin/clients', { method: 'POST', json: { ...body, client_id: id } })
      this.#credentials.set(id, { bearer: json.registration_access_token, secret: json.client_secret })
    }
  }

  /** Replaces the placeholders by the current credentials. */
  filled(line: string): string {
    return line.replace(/(Bearer|Basic) <([\w-]+)>/, (_, scheme: string, id: string) => {
      const { bearer = '', secret = '' } = this.#credentials.get(id) ?? {}
      return `${scheme} ${scheme === 'Bearer' ? bearer : Buffer.from(`${id}:${secret}`).toString('base64')}`
    })
  }

  async follow(method: string, target: string, { status, body }: RawAnswer): Promise<void> {
    const gone = status === 204 && method === 'DELETE' && KnownClients.ids.find((id) => target.includes(id))
    if (gone) this.#credentials.delete(gone)
    await this.make()
    if (status !== 200 || !body.startsWith('{')) return
    const { client_id: id, client_secret: secret, registration_access_token: bearer } = JSON.parse(body)
    const known = this.#credentials.get(id)
    if (known && secret !== undefined) known.secret = secret
    if (known && bearer !== undefined) known.bearer = bearer
  }
}
