import { createHash } from 'node:crypto'
import { type Client, redirectUrisOf } from '../clients/client.ts'

/**
 * How a client with pairwise subjects knows a person (OpenID Connect Core §8.1): SHA-256 over sector, subject and salt, as Hydra has it, in
 * hexadecimal; a login application may force another name. The sector is the host of its sector identifier, else that of its redirect
 * URIs. Undefined for all other clients, whatever is forced: they know the person as the login application does.
 */
export function pairwiseSubject({ salt }: { salt: string }) {
  return (client: Client, subject: string, forced = ''): string | undefined => {
    if (client.metadata.subjectType !== 'pairwise') return undefined
    if (forced !== '') return forced
    const uri = client.metadata.sectorIdentifierUri ?? redirectUrisOf(client)[0]
    const sector = uri !== undefined && URL.canParse(uri) ? new URL(uri).host : client.clientId
    return createHash('sha256')
      .update(sector + subject + salt)
      .digest('hex')
  }
}
