import type { Client } from '../clients/client.ts'
import { authorizeOwner } from './authorize-owner.ts'
import type { RegistrationTokenStore } from './registration-token.ts'

/**
 * The owner reads its client (RFC 7592 §2.1). Changes nothing: reading twice gives the same answer.
 *
 * @throws Refusal `registration-token-refused`
 */
export function readClient({ registrationTokens }: { registrationTokens: RegistrationTokenStore }) {
  return async (clientId: string, token: string | undefined): Promise<Client> =>
    (await authorizeOwner(registrationTokens, clientId, token)).client
}
