import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { ClientSettings } from '../../protocol/client-settings.ts'
import { defaultSigningAlg, signingAlgorithms } from '../../protocol/jwks.ts'
import { authMethodInForce, grantTypesInForce } from '../../protocol/metadata-defaults.ts'

/** The thing registered: software that may ask for tokens. */
export interface Client {
  readonly clientId: string
  /** Counts the writes; an update names the version that it saw. */
  readonly version: number
  /** Who made it: an administrator, or itself through the registration endpoint. */
  readonly origin: 'admin' | 'dynamic'
  readonly metadata: ClientMetadata
  readonly settings: ClientSettings
  /** Absent where the client proves itself otherwise, or not at all. */
  readonly secretHash?: string
  /** Earlier secrets that still work, newest first; at most 5. */
  readonly rotatedSecretHashes: readonly string[]
  /** The approved terms that an administrator wrote last, as a hash; absent where none did. */
  readonly verifiedTerms?: string
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Milliseconds: a JWT access token whose `jti` does not name a later time is dead. */
  readonly tokensValidAfter: number
  /** What was issued to the client carries it and counts while it is the same: the end of all of that is one row. */
  readonly generation: number
}

/**
 * Milliseconds by which `tokensValidAfter` runs ahead of our clock when it ends tokens: those that another node, whose clock is ahead,
 * made before, and those that are being made, end too. What is made afterwards takes a later time for its `jti`.
 */
export const headroom = 1_000

/** What is in force, defaults included (RFC 7591 §2). */
export const authMethodOf = ({ metadata }: Client): string => authMethodInForce(metadata)
export const grantTypesOf = ({ metadata }: Client): readonly string[] => grantTypesInForce(metadata)
export const redirectUrisOf = ({ metadata }: Client): readonly string[] => metadata.redirectUris ?? []

/** What the client's ID tokens are signed with (OpenID Connect Registration §2). One that this server never signs with counts as none. */
export const idTokenAlgOf = ({ metadata }: Pick<Client, 'metadata'>): string =>
  known(metadata.idTokenSignedResponseAlg) ?? defaultSigningAlg
/** What its userinfo is signed with; undefined: nothing, it is plain JSON. */
export const userinfoAlgOf = ({ metadata }: Pick<Client, 'metadata'>): string | undefined => known(metadata.userinfoSignedResponseAlg)

const known = (alg: string | undefined): string | undefined => (alg !== undefined && signingAlgorithms.includes(alg) ? alg : undefined)

/** Keeps the clients. */
export interface ClientStore {
  /**
   * False, and nothing is stored, where the id is taken. One that was removed leaves its id, with a generation that nothing issued to it
   * has and the time that its JWT access tokens do not reach.
   */
  add(client: Client): Promise<boolean>
  find(clientId: string): Promise<Client | undefined>
  /** Those of them that are there, in no order. */
  findMany(clientIds: readonly string[]): Promise<Client[]>
  /** The client, which nobody else changes until this transaction is over. */
  hold(clientId: string): Promise<Client | undefined>
  /** Replaces the client if it still has the version before `client.version`; false, and nothing is changed, where it has not. */
  replace(client: Client): Promise<boolean>
  /**
   * Ends its access tokens: opaque ones that were issued until now, JWTs that were made until `at`, and those made since the last call,
   * too. False where there is no such client.
   */
  endTokens(clientId: string, at: number): Promise<boolean>
  /**
   * Removes the client: no read finds it any more, its secrets and its registration access token are gone, and nothing that was issued to it counts, under a new client with
   * its id neither. What is left of it is removed later. False where there is none.
   *
   * @param endsTokensUntil as of `endTokens`
   */
  remove(clientId: string, at: number, endsTokensUntil: number): Promise<boolean>
  /** Removes what is kept of removed clients for new ones under their ids. */
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
  /** They can be fewer than `limit`, or none, although the list goes on: at most 500 that are left out are passed over for a page. */
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
