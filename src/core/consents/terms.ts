import { sha256 } from '../../lib/hash.ts'
import { type Client, redirectUrisOf } from '../clients/client.ts'

/**
 * A hash of what a person relied on when he agreed: the client's name, the hosts he is sent to, how it proves itself. A remembered
 * consent holds for that and no longer: a client that changes one of them is asked about again.
 */
export function termsOf(client: Client): string {
  const { clientName, localized, clientUri, tosUri, policyUri, jwks, jwksUri, tokenEndpointAuthMethod } = client.metadata
  const hosts = [...new Set(redirectUrisOf(client).map(hostOf))].sort()
  return sha256(JSON.stringify([clientName, localized, clientUri, tosUri, policyUri, hosts, jwks, jwksUri, tokenEndpointAuthMethod]))
}

const hostOf = (uri: string): string => {
  if (!URL.canParse(uri)) return uri
  const { protocol, host } = new URL(uri)
  return `${protocol}//${host}`
}
