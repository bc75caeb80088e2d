import { accessTokenStore } from './access-tokens.ts'
import { assertionStore } from './assertions.ts'
import { auditStore } from './audit.ts'
import { authorizationCodeStore } from './authorization-codes.ts'
import { authorizationFlowStore } from './authorization-flows.ts'
import { clientStore } from './clients.ts'
import type { Connection } from './connection.ts'
import { grantStore } from './grants.ts'
import { loginSessionStore } from './login-sessions.ts'
import { logoutDeliveryStore } from './logout-deliveries.ts'
import { logoutRequestStore } from './logout-requests.ts'
import { refreshTokenStore } from './refresh-tokens.ts'
import { registrationTokenStore } from './registration-tokens.ts'
import { removalStore } from './removals.ts'
import { revokedTokenStore } from './revoked-tokens.ts'
import { sessionClientStore } from './session-clients.ts'
import { signingKeyStore } from './signing-keys.ts'

/** Every store over one connection: the committed state, or an act's own view. */
export function storesOf(db: Connection) {
  return {
    clients: clientStore(db),
    registrationTokens: registrationTokenStore(db),
    accessTokens: accessTokenStore(db),
    revokedTokens: revokedTokenStore(db),
    assertions: assertionStore(db),
    signingKeys: signingKeyStore(db),
    flows: authorizationFlowStore(db),
    sessions: loginSessionStore(db),
    sessionClients: sessionClientStore(db),
    grants: grantStore(db),
    codes: authorizationCodeStore(db),
    refreshTokens: refreshTokenStore(db),
    logouts: logoutRequestStore(db),
    logoutDeliveries: logoutDeliveryStore(db),
    audit: auditStore(db),
    removals: removalStore(db),
  }
}

export type Stores = ReturnType<typeof storesOf>
