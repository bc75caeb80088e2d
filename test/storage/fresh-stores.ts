import { randomUUID } from 'node:crypto'
import type { AuditRecord } from '../../src/core/audit/audit.ts'
import type { Client } from '../../src/core/clients/client.ts'
import type { SigningKey } from '../../src/core/keys/signing-key.ts'
import type { LogoutDelivery } from '../../src/core/sessions/logout-delivery.ts'
import type { AccessToken } from '../../src/core/tokens/access-token.ts'
import type { Transaction } from '../../src/lib/transaction.ts'
import { accessTokenStore } from '../../src/storage/access-tokens.ts'
import { assertionStore } from '../../src/storage/assertions.ts'
import { auditStore } from '../../src/storage/audit.ts'
import { clientStore } from '../../src/storage/clients.ts'
import type { Database } from '../../src/storage/database.ts'
import { logoutDeliveryStore } from '../../src/storage/logout-deliveries.ts'
import { registrationTokenStore } from '../../src/storage/registration-tokens.ts'
import { revokedTokenStore } from '../../src/storage/revoked-tokens.ts'
import { signingKeyStore } from '../../src/storage/signing-keys.ts'

/** Opens a database that is new and has the schema of today. */
export type OpenDatabase = () => Promise<Database>

export type Stores = ReturnType<typeof storesOf>

export interface FreshStores extends AsyncDisposable {
  readonly database: Database
  /** What is committed. */
  readonly read: Stores
  readonly act: Transaction<Stores>
}

/** Every store over a new database, which is closed when the test is done. */
export async function freshStores(open: OpenDatabase): Promise<FreshStores> {
  const database = await open()
  return {
    database,
    read: storesOf(database.read),
    act: (body) => database.transact((db, afterCommit) => body({ ...storesOf(db), afterCommit })),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

function storesOf(db: Database['read']) {
  return {
    clients: clientStore(db),
    registrationTokens: registrationTokenStore(db),
    accessTokens: accessTokenStore(db),
    signingKeys: signingKeyStore(db),
    assertions: assertionStore(db),
    revokedTokens: revokedTokenStore(db),
    audit: auditStore(db),
    logoutDeliveries: logoutDeliveryStore(db),
  }
}

export const someClient = (clientId: string, over: Partial<Client> = {}): Client => ({
  clientId,
  version: 1,
  origin: 'dynamic',
  metadata: { clientName: clientId },
  settings: {},
  rotatedSecretHashes: [],
  createdAt: 1_700_000_000_001,
  updatedAt: 1_700_000_000_002,
  tokensValidAfter: 0,
  ...over,
})

export const someToken = (hash: string, clientId: string, over: Partial<AccessToken> = {}): AccessToken => ({
  hash,
  clientId,
  subject: clientId,
  scope: ['notes.read', 'notes.write'],
  audience: ['https://api.example/'],
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someKey = (kid: string, over: Partial<SigningKey> = {}): SigningKey => ({
  kid,
  set: 'hydra.openid.id-token',
  alg: 'RS256',
  publicJwk: { kty: 'RSA', kid, n: 'AQAB', e: 'AQAB' },
  sealedPrivateJwk: `sealed-${kid}`,
  createdAt: 1_700_000_000_000,
  signsFrom: 1_700_000_000_000,
  ...over,
})

export const someRecord = (over: Partial<AuditRecord> = {}): AuditRecord => ({
  id: randomUUID(),
  at: 1_700_000_000_000,
  event: 'client.registered',
  clientId: 'c',
  actor: 'stranger',
  facts: { client_name: 'Notes' },
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someDelivery = (id: string, clientId: string, over: Partial<LogoutDelivery> = {}): LogoutDelivery => ({
  id,
  clientId,
  sid: `session-${id}`,
  attempts: 0,
  nextAt: 1_700_000_000_000,
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_086_400_000,
  ...over,
})
