import { sha256 } from '../../lib/hash.ts'
import type { Jwk } from '../../protocol/jwks.ts'
import { withoutLoopbackPort } from '../../protocol/redirect-uri.ts'
import { authMethodOf, type Client, redirectUrisOf } from './client.ts'

/** The client's metadata that the pages show. */
const shownOf = ({ metadata: { clientName, localized, clientUri, tosUri, policyUri } }: Pick<Client, 'metadata'>) =>
  [clientName, localized, clientUri, tosUri, policyUri] as const

/**
 * The consent terms: a hash of what a person relied on when giving consent: the client's name, its redirect hosts (loopback without
 * port) and how it authenticates.
 * A remembered consent holds for these terms only: a client that changes one of them is asked about again.
 */
export function termsOf(client: Client): string {
  const { jwks, jwksUri, tokenEndpointAuthMethod } = client.metadata
  const hosts = [...new Set(redirectUrisOf(client).map((uri) => hostOf(withoutLoopbackPort(uri))))].sort()
  return sha256(JSON.stringify([...shownOf(client), hosts, jwks, jwksUri, tokenEndpointAuthMethod]))
}

const hostOf = (uri: string): string => {
  if (!URL.canParse(uri)) return uri
  const { protocol, host } = new URL(uri)
  return `${protocol}//${host}`
}

/**
 * The approved terms: a hash of the consent terms, every redirect URI in full and the keys. One spelling for what means the same, as both
 * faces write it in their own way: loopback without port, no order of URIs, keys and members, the default method where there is none.
 *
 * Databases hold these hashes: whoever changes what is hashed writes a migration that replaces them.
 */
export function approvedTermsOf(client: Client): string {
  const { jwks, jwksUri } = client.metadata
  const redirectUris = [...new Set(redirectUrisOf(client).map(withoutLoopbackPort))].sort()
  const keys = (jwks?.keys ?? []).map((key: Jwk) => JSON.stringify(inOrder(key))).sort()
  return sha256(JSON.stringify(inOrder([...shownOf(client), redirectUris, keys, jwksUri, authMethodOf(client)])))
}

/** The same JSON value with the members of its objects in the order of their names. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]))
}
