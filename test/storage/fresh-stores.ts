import { randomUUID } from 'node:crypto'
import type { AuditRecord } from '../../src/core/audit/audit.ts'
import type { AuthorizationCode } from '../../src/core/authorization/authorization-code.ts'
import type { AuthorizationFlow, ConsentDecision, LoginDecision } from '../../src/core/authorization/authorization-flow.ts'
import type { Client } from '../../src/core/clients/client.ts'
import type { Grant } from '../../src/core/grants/grant.ts'
import type { SigningKey } from '../../src/core/keys/signing-key.ts'
import type { LogoutDelivery } from '../../src/core/logout/logout-delivery.ts'
import type { LogoutRequest } from '../../src/core/logout/logout-request.ts'
import type { LoginSession } from '../../src/core/sessions/login-session.ts'
import type { AccessToken, KeepAccessToken } from '../../src/core/tokens/access-token.ts'
import type { RefreshToken } from '../../src/core/tokens/refresh-token.ts'
import type { Transaction } from '../../src/lib/transaction.ts'
import { accessTokenKeeper } from '../../src/storage/access-tokens.ts'
import type { Database } from '../../src/storage/database.ts'
import { type Stores, storesOf } from '../../src/storage/stores.ts'

export type { Stores } from '../../src/storage/stores.ts'

/** Opens a new, migrated database. */
export type OpenDatabase = () => Promise<Database>

export interface FreshStores extends AsyncDisposable {
  readonly database: Database
  /** Stores that read committed rows. */
  readonly read: Stores
  readonly act: Transaction<Stores>
  readonly keepAccessToken: KeepAccessToken
}

/** Every store with a new database, which is closed at the end of the test. */
export async function freshStores(open: OpenDatabase): Promise<FreshStores> {
  const database = await open()
  return {
    database,
    read: storesOf(database.read),
    act: (body) => database.transact((db, afterCommit) => body({ ...storesOf(db), afterCommit })),
    keepAccessToken: accessTokenKeeper(database),
    [Symbol.asyncDispose]: () => database.close(),
  }
}

/** Runs the job that removes what marks have ended, until nothing is left; how many rows each of its transactions removed. */
export async function removeEnded({ act }: Pick<FreshStores, 'act'>, now: number, limit = 500): Promise<number[]> {
  const counts: number[] = []
  for (const kind of ['grants', 'consents', 'clients'] as const) {
    for (let removed = 1; removed > 0; counts.push(removed)) removed = await act((tx) => tx.removals[kind](now, limit))
  }
  return counts
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
  generation: 1,
  ...over,
})

export const someToken = (hash: string, clientId: string, over: Partial<AccessToken> = {}): AccessToken => ({
  hash,
  clientId,
  generation: 1,
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
  generation: 1,
  sid: `session-${id}`,
  attempts: 0,
  nextAt: 1_700_000_000_000,
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_086_400_000,
  ...over,
})

/** A flow without an answer. */
export const someFlow = (id: string, clientId: string, over: Partial<AuthorizationFlow> = {}): AuthorizationFlow => ({
  id,
  clientId,
  generation: 1,
  address: '192.0.2.1',
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  request: {
    url: 'https://as.example/oauth2/auth?client_id=c',
    redirectUri: 'https://app.example/cb',
    clientVersion: 1,
    isRedirectUriSent: true,
    responseMode: 'query',
    scope: ['openid'],
    audience: [],
    prompt: [],
    oidcContext: {},
  },
  session: { id: `session-${id}` },
  login: { challenge: `challenge-${id}`, csrf: `csrf-${id}` },
  ...over,
})

export const someLogin = (over: Partial<LoginDecision> = {}): LoginDecision => ({
  kind: 'accepted',
  at: 1_700_000_000_001,
  subject: 'ada',
  remember: true,
  rememberFor: 3_600,
  extendSessionLifespan: false,
  acr: '',
  amr: ['pwd'],
  context: { any: 'thing' },
  forceSubjectIdentifier: '',
  ...over,
})

export const someConsent = (over: Partial<ConsentDecision> = {}): ConsentDecision => ({
  kind: 'accepted',
  at: 1_700_000_000_002,
  grantScope: ['openid'],
  grantAudience: [],
  remember: false,
  rememberFor: 0,
  accessTokenClaims: { role: 'reader' },
  idTokenClaims: {},
  context: null,
  ...over,
})

export const someSession = (id: string, over: Partial<LoginSession> = {}): LoginSession => ({
  id,
  subject: 'ada',
  authenticatedAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someGrant = (id: string, clientId: string, over: Partial<Grant> = {}): Grant => ({
  id,
  clientId,
  generation: 1,
  subject: 'ada',
  sessionId: 'session',
  scope: ['openid', 'offline_access'],
  audience: ['https://api.example/'],
  claims: { accessToken: { role: 'reader' }, idToken: {} },
  authentication: { at: 1_700_000_000_000, requestedAt: 1_699_999_999_000, acr: '', amr: ['pwd'], nonce: 'n' },
  consent: { remember: false, rememberFor: 0, context: null, redirectUri: 'https://app.example/cb', request: { skip: false } },
  terms: 'terms',
  grantedAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someCode = (hash: string, grantId: string, over: Partial<AuthorizationCode> = {}): AuthorizationCode => ({
  hash,
  grantId,
  redirectUri: 'https://app.example/cb',
  codeChallenge: 'x'.repeat(43),
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someRefreshToken = (hash: string, grantId: string, over: Partial<RefreshToken> = {}): RefreshToken => ({
  hash,
  grantId,
  accessToken: { id: `access-${hash}`, expiresAt: 1_700_000_030_000 },
  issuedAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  ...over,
})

export const someLogout = (id: string, over: Partial<LogoutRequest> = {}): LogoutRequest => ({
  id,
  challenge: `challenge-${id}`,
  asked: { url: '/oauth2/sessions/logout', subject: 'ada', sessionId: 'session', clientId: 'c', redirectTo: 'https://app.example/bye' },
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_000_060_000,
  ...over,
})
