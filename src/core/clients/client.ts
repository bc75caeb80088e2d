import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { ClientSettings } from '../../protocol/client-settings.ts'
import { defaultSigningAlg, signingAlgorithms } from '../../protocol/jwks.ts'
import { authMethodInForce, grantTypesInForce } from '../../protocol/metadata-defaults.ts'

/** Registered software that can request tokens. */
export interface Client {
  readonly clientId: string
  /** The number of writes. An update names the version that it read. */
  readonly version: number
  /** How it was created: by an administrator, or through the registration endpoint. */
  readonly origin: 'admin' | 'dynamic'
  readonly metadata: ClientMetadata
  readonly settings: ClientSettings
  /** Absent where the client authenticates in another way or not at all. */
  readonly secretHash?: string
  /** Earlier secrets that still work, the newest first; at most 5. */
  readonly rotatedSecretHashes: readonly string[]
  /** The approved terms that an administrator wrote last, as a hash; absent where none did. */
  readonly verifiedTerms?: string
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Milliseconds: a JWT access token is inactive unless the time in its `jti` is later. */
  readonly tokensValidAfter: number
  /** All that is issued to the client stores it and is valid while it is the same, so that one write to the client ends all of it. */
  readonly generation: number
}

/**
 * Milliseconds added to the current time for `tokensValidAfter` when tokens are ended, so that this also ends the tokens of a node whose
 * clock is ahead and those that are being issued. Tokens that are issued afterwards get a later time in their `jti`.
 */
export const clockSkew = 1_000

/** The values in force, with the defaults of RFC 7591 §2. */
export const authMethodOf = ({ metadata }: Client): string => authMethodInForce(metadata)
export const grantTypesOf = ({ metadata }: Client): readonly string[] => grantTypesInForce(metadata)
export const redirectUrisOf = ({ metadata }: Client): readonly string[] => metadata.redirectUris ?? []

/** The algorithm of the client's ID tokens (OpenID Connect Registration §2). An unsupported one counts as absent. */
export const idTokenAlgOf = ({ metadata }: Pick<Client, 'metadata'>): string =>
  supported(metadata.idTokenSignedResponseAlg) ?? defaultSigningAlg
/** The algorithm of its userinfo; undefined: plain JSON without a signature. */
export const userinfoAlgOf = ({ metadata }: Pick<Client, 'metadata'>): string | undefined => supported(metadata.userinfoSignedResponseAlg)

const supported = (alg: string | undefined): string | undefined => (alg !== undefined && signingAlgorithms.includes(alg) ? alg : undefined)

export interface ClientStore {
  /**
   * False, and nothing is stored, where the id is taken. The id of a removed client can be used again: the new client gets a later
   * generation and the `tokensValidAfter` of the removed one, so that nothing issued to the removed one is valid for it.
   */
  add(client: Client): Promise<boolean>
  find(clientId: string): Promise<Client | undefined>
  /** Those of them that exist, in no order. */
  findMany(clientIds: readonly string[]): Promise<Client[]>
  /** The client, locked against other changes until the end of this transaction. */
  hold(clientId: string): Promise<Client | undefined>
  /** Replaces the client if its stored version is the one before `client.version`. False, and nothing is changed, otherwise. */
  replace(client: Client): Promise<boolean>
  /**
   * Ends its access tokens: the opaque ones issued until now, the JWTs issued until `at`, and all JWTs issued since the last call. False
   * where there is no such client.
   */
  endTokens(clientId: string, at: number): Promise<boolean>
  /**
   * Removes the client: no read finds it, its secrets and its registration access token are deleted, and all that was issued to it is
   * invalid, also for a new client with its id. Its other rows are deleted later by a job. False where there is none.
   *
   * @param endsTokensUntil as of `endTokens`
   */
  remove(clientId: string, at: number, endsTokensUntil: number): Promise<boolean>
  /** Deletes the records of removed clients that are kept for new ones with their ids. */
  removeExpired(now: number, limit: number): Promise<number>
  /** How many clients registered one of these algorithms for their ID tokens or userinfo; `most` where there are more. */
  countSignedWith(algs: readonly string[], most: number): Promise<number>
  /** The clients after `after` in the order of their ids, at most `limit`. The filters match exactly and combine. */
  list(page: ClientPage): Promise<ClientsFound>
}

/** What a list shows of a client. */
export type ListedClient = Pick<Client, 'clientId' | 'metadata' | 'settings' | 'createdAt' | 'updatedAt'>

/** A page of the list. */
export interface ClientsFound {
  /** Can be fewer than `limit`, or none, before the end of the list: a page skips at most 500 clients that the filters exclude. */
  readonly clients: readonly ListedClient[]
  /** The `after` of the next page; undefined at the end of the list. */
  readonly next: string | undefined
}

export interface ClientPage {
  readonly after?: string
  readonly limit: number
  readonly clientName?: string
  readonly owner?: string
}
