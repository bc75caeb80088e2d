import type { Listeners } from '../support/browser.ts'
import type { LoginClient } from '../support/login-client.ts'

/** A client of both servers, with the metadata of RFC 7591. */
interface Registration {
  /** Created by the operator, not self-registered. */
  readonly byOperator?: true
  readonly metadata: Readonly<Record<string, unknown>>
}

export const scope = 'openid offline_access notes.read'

const login = { scope, grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }

export const registrations = {
  /** Confidential, with Basic; also with client_credentials. */
  basic: {
    byOperator: true,
    metadata: {
      ...login,
      grant_types: [...login.grant_types, 'client_credentials'],
      redirect_uris: ['https://basic.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
  /** Confidential, with its secret in the form. */
  post: {
    byOperator: true,
    metadata: { ...login, redirect_uris: ['https://post.example/cb'], token_endpoint_auth_method: 'client_secret_post' },
  },
  /** Public, with PKCE. */
  public: { metadata: { ...login, redirect_uris: ['https://public.example/cb'], token_endpoint_auth_method: 'none' } },
  /** Two redirect URIs, one of them with a query. */
  two: {
    metadata: {
      ...login,
      redirect_uris: ['https://two.example/cb', 'https://two.example/other?part=1'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
  /** An app on the person's device. */
  loopback: {
    metadata: { ...login, application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' },
  },
  /** With the grant authorization_code only. */
  codes: {
    byOperator: true,
    metadata: {
      ...login,
      grant_types: ['authorization_code'],
      redirect_uris: ['https://codes.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
} as const satisfies Record<string, Registration>

export type ClientName = keyof typeof registrations
export type Clients = Readonly<Record<ClientName, LoginClient>>

export const redirectUriOf = (name: ClientName): string => registrations[name].metadata.redirect_uris[0]

/** Whether the client must use PKCE: every public or self-registered client must. */
export const needsProofKey = (name: ClientName): boolean => !('byOperator' in registrations[name])

/** Registers all clients with this server. The other server uses the same ids and secrets. */
export async function registerClients(server: Listeners): Promise<Clients> {
  const entries = Object.entries(registrations).map(async ([name, { metadata, ...by }]) => {
    const sent = { method: 'POST', json: { client_name: name, ...metadata } }
    const { status, json, text } = await ('byOperator' in by
      ? server.admin('/admin/clients', sent)
      : server.public('/oauth2/register', sent))
    if (status !== 201) throw new Error(`${name}: ${text}`)
    return [name, { id: json.client_id, secret: json.client_secret ?? '' }] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as Clients
}
