import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import { isSecretMethod } from '../../protocol/grant-types.ts'
import { isBeyondHash } from '../../protocol/secret-hash.ts'
import { authMethodOf, type Client, type ClientStore } from './client.ts'
import { type ChosenSecrets, hashMadeSecret } from './secrets.ts'
import type { AssertionId } from './spend-assertion.ts'
import { type ReadAssertion, readAssertion } from './verify-assertion.ts'
import { hashesOf, type PresentedSecret } from './verify-secret.ts'

/** How a caller says who he is at the token endpoint (RFC 6749 §2.3). */
export type ClientCredentials = SecretCredentials | AssertionCredentials

export interface SecretCredentials {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none'
  readonly clientId: string
  /** Empty for `none`. */
  readonly secret: string
  /** The same without decoding, where that makes a difference: some callers do not encode (RFC 6749 §2.3.1). */
  readonly undecoded?: { readonly clientId: string; readonly secret: string }
  /** Where it comes from: what failures are counted by. */
  readonly address: string
}

export interface AssertionCredentials {
  readonly method: 'private_key_jwt'
  /** What the request says besides; the assertion names its client, too. */
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

/** A client that proved itself, and what that proof leaves to be done. */
export interface Authenticated {
  readonly client: Client
  /** To be spent in the transaction of what the client asks for (`spend-assertion.ts`). */
  readonly assertion?: AssertionId
}

/** Whether the registered secret method must be the very one presented, or Basic and post are as good as each other. */
export type SecretTransport = 'either' | 'exact'

export interface AuthenticationDeps {
  readonly clients: ClientStore
  readonly secrets: ChosenSecrets
  readonly secretTransport: Live<SecretTransport>
  readonly isSecretOf: (client: Client, presented: PresentedSecret) => Promise<boolean>
  readonly verifyAssertion: (client: Client, assertion: ReadAssertion) => Promise<AssertionId>
}

/** A stored hash that no secret has: an unknown client costs what a known one costs. */
const nobody = hashMadeSecret('')

/**
 * Who is asking, proven by the registered method (RFC 6749 §2.3, RFC 7591 §2 `token_endpoint_auth_method`). The registered secret
 * method may be presented as Basic or as form fields; it never crosses with `none` or a key.
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
    await deps.secrets.matches(secret, nobody)
    throw new Refusal<AuthenticationRefusal>({ kind: 'client-unknown' })
  }
  checkMethod(client, method, deps.secretTransport())
  const readings = undecoded && undecoded.secret !== secret ? [secret, undecoded.secret] : [secret]
  if (method !== 'none' && !(await deps.isSecretOf(client, { readings, address }))) {
    throw new Refusal<AuthenticationRefusal>({ kind: 'client-secret-wrong', clientId: client.clientId, ...causeOf(client, secret) })
  }
  return { client }
}

/** What an operator should know of a secret that may have been right elsewhere. */
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

/** Whether `secret` is the client's current one or an earlier one that still works, for callers who are known already. */
export async function knowsSecret(client: Client, secret: string, secrets: ChosenSecrets): Promise<boolean> {
  for (const hash of hashesOf(client)) if (await secrets.matches(secret, hash)) return true
  return false
}
