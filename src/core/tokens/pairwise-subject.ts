import { hash } from 'node:crypto'
import { sectorOf } from '../../protocol/redirect-uri.ts'
import { type Client, redirectUrisOf } from '../clients/client.ts'

/**
 * The pairwise subject of a person (OpenID Connect Core §8.1): SHA-256 of sector, subject and salt in hexadecimal, as in Hydra, or the
 * identifier that the login application forces. Undefined for clients without pairwise subjects, which get the subject of the login
 * application whatever is forced.
 */
export function pairwiseSubject({ salt }: { salt: string }) {
  return (client: Client, subject: string, forced = ''): string | undefined => {
    if (client.metadata.subjectType !== 'pairwise') return undefined
    return forced === '' ? hash('sha256', sectorOfClient(client) + subject + salt, 'hex') : forced
  }
}

/**
 * The host of the sector identifier (OpenID Connect Registration §5), else the host that all redirect URIs share. If they share none,
 * which registration refuses, the client is a sector of its own, so that the order of a list does not change a person's subject.
 */
function sectorOfClient(client: Client): string {
  const { sectorIdentifierUri } = client.metadata
  if (sectorIdentifierUri !== undefined) return sectorOf(sectorIdentifierUri)
  const [sector, other] = new Set(redirectUrisOf(client).map(sectorOf))
  return sector === undefined || other !== undefined ? client.clientId : sector
}
