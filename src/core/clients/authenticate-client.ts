import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import { isBeyondHash } from '../../protocol/secret-hash.ts'
import { authMethodOf, type Client, type ClientStore } from './client.ts'
import { type ChosenSecrets, hashMadeSecret } from './secrets.ts'
import type { AssertionId } from './spend-assertion.ts'
import { type ReadAssertion, readAssertion } from './verify-assertion.ts'
import { hashesOf, type PresentedSecret } from './verify-secret.ts'

/** The credentials of a request to the token endpoint (RFC 6749 §2.3). */
export type ClientCredentials = SecretCredentials | AssertionCredentials

export interface SecretCredentials {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none'
  readonly clientId: string
  /** Empty for `none`. */
  readonly secret: string
  /** The same without form decoding, where that differs: some clients do not encode (RFC 6749 §2.3.1). */
  readonly undecoded?: { readonly clientId: string; readonly secret: string }
  /** The source address: failures are counted by it. */
  readonly address: string
}

export interface AssertionCredentials {
  readonly method: 'private_key_jwt'
  /** The `client_id` parameter, which is optional as the assertion names its client. */
  readonly clientId: string | undefined
  readonly assertion: string
}

export type AuthenticationRefusal =
  | { readonly kind: 'client-unknown' }
  | {
      readonly kind: 'client-secret-wrong'
      readonly clientId: string
      /** For the log. */
      readonly cause?: string
    }
  | { readonly kind: 'client-method-wrong'; readonly clientId: string; readonly registered: string; readonly presented: string }

/** An authenticated client, and the assertion that it used. */
export interface Authenticated {
  readonly client: Client
  /** The caller spends it in the transaction of the act that the client requests (`spend-assertion.ts`). */
  readonly assertion?: AssertionId
}

/** `exact`: the registered secret method only; `either`: Basic and post are interchangeable. */
export type SecretTransport = 'either' | 'exact'

export interface AuthenticationDeps {
  readonly clients: ClientStore
  readonly secrets: ChosenSecrets
  readonly secretTransport: Live<SecretTransport>
  readonly isSecretOf: (client: Client, presented: PresentedSecret) => Promise<boolean>
  readonly verifyAssertion: (client: Client, assertion: ReadAssertion) => Promise<AssertionId>
}

/** A hash that is checked for unknown clients, so that they take as long as known ones. */
const hashOfUnknown = hashMadeSecret('')

/**
 * Authenticates a client by its registered method (RFC 6749 §2.3, RFC 7591 §2 `token_endpoint_auth_method`). With `either`, a secret
 * may come as Basic or as form fields; a secret method is never interchangeable with `none` or a key.
 *
 * @throws Refusal of an `AuthenticationRefusal`, `assertion-refused` or `secret-attempts-exhausted`; Unavailable
 */
export function authenticateClient(deps: AuthenticationDeps) {
  return (credentials: ClientCredentials): Promise<Authenticated> =>
    credentials.method === 'private_key_jwt' ? byAssertion(credentials, deps) : bySecret(credentials, deps)
}

async function byAssertion({ method, clientId, assertion }: AssertionCredentials, deps: AuthenticationDeps): Promise<Authenticated> {
  const read = readAssertion(assertion)
  const client = await deps.clients.find(clientId ?? read.subject)
  if (!client) throw new Refusal<AuthenticationRefusal>({ kind: 'client-unknown' })
  checkMethod(client, method, 'exact')
  return { client, assertion: await deps.verifyAssertion(client, read) }
}

async function bySecret(credentials: SecretCredentials, deps: AuthenticationDeps): Promise<Authenticated> {
  const { method, secret, undecoded, address } = credentials
  const client = await findClient(credentials, deps.clients)
  if (!client) {
    await deps.secrets.matches(secret, hashOfUnknown)
    throw new Refusal<AuthenticationRefusal>({ kind: 'client-unknown' })
  }
  checkMethod(client, method, deps.secretTransport())
  const readings = undecoded && undecoded.secret !== secret ? [secret, undecoded.secret] : [secret]
  if (method !== 'none' && !(await deps.isSecretOf(client, { readings, address }))) {
    throw new Refusal<AuthenticationRefusal>({ kind: 'client-secret-wrong', clientId: client.clientId, ...causeOf(client, secret) })
  }
  return { client }
}

/** A hint for the log where bcrypt cannot check the whole secret. */
const causeOf = (client: Client, secret: string): { cause?: string } =>
  hashesOf(client).some((hash) => isBeyondHash(secret, hash))
    ? { cause: 'the secret is longer than the 72 bytes that bcrypt reads; give the client a new one' }
    : {}

async function findClient({ clientId, undecoded }: SecretCredentials, clients: ClientStore): Promise<Client | undefined> {
  const found = await clients.find(clientId)
  return found || undecoded === undefined || undecoded.clientId === clientId ? found : clients.find(undecoded.clientId)
}

function checkMethod(client: Client, presented: ClientCredentials['method'], transport: SecretTransport): void {
  const registered = authMethodOf(client)
  const interchangeable = transport === 'either' && isSecretMethod(registered) && isSecretMethod(presented)
  if (presented === registered || interchangeable) return
  throw new Refusal<AuthenticationRefusal>({ kind: 'client-method-wrong', clientId: client.clientId, registered, presented })
}

/** Whether `secret` is the client's current secret or an earlier one that still works, for callers that are authenticated already. */
export async function knowsSecret(client: Client, secret: string, secrets: ChosenSecrets): Promise<boolean> {
  for (const hash of hashesOf(client)) if (await secrets.matches(secret, hash)) return true
  return false
}
