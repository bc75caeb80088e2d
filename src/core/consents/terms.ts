import { sha256 } from '../../lib/hash.ts'
import { type Client, redirectUrisOf } from '../clients/client.ts'

/**
 * A hash of what a person relied on for a consent: the client's name and links, its redirect hosts, its keys and authentication method. A
 * remembered consent is valid only while they are unchanged.
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
