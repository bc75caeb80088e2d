import { hash } from 'node:crypto'
import { sectorOf } from '../../protocol/redirect-uri.ts'
import { type Client, redirectUrisOf } from '../clients/client.ts'

/**
 * How a client with pairwise subjects knows a person (OpenID Connect Core §8.1): SHA-256 over sector, subject and salt, as Hydra has it,
 * in hexadecimal; a login application may force another name. Undefined for all other clients, whatever is forced: they know the person
 * as the login application does.
 */
export function pairwiseSubject({ salt }: { salt: string }) {
  return (client: Client, subject: string, forced = ''): string | undefined => {
    if (client.metadata.subjectType !== 'pairwise') return undefined
    return forced === '' ? hash('sha256', sectorOfClient(client) + subject + salt, 'hex') : forced
  }
}

/**
 * The host of its sector identifier (OpenID Connect Registration §5), else the one that all of its redirect URIs share. Where they share
 * none, which registration refuses, the client is a sector of its own: the order of a list must not change who somebody is.
 */
function sectorOfClient(client: Client): string {
  const { sectorIdentifierUri } = client.metadata
  if (sectorIdentifierUri !== undefined) return sectorOf(sectorIdentifierUri)
  const [sector, other] = new Set(redirectUrisOf(client).map(sectorOf))
  return sector === undefined || other !== undefined ? client.clientId : sector
}
