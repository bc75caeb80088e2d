import packageJson from '../package.json' with { type: 'json' }
import type { Config, Secrets } from './config/schema.ts'
import { makeAudit } from './core/audit/audit.ts'
import { acceptConsent, findConsent, rejectConsent } from './core/authorization/answer-consent.ts'
import { acceptLogin, findLogin, rejectLogin } from './core/authorization/answer-login.ts'
import { beginAuthorization } from './core/authorization/begin-authorization.ts'
import { findSender } from './core/authorization/find-response-target.ts'
import { readRequestObject } from './core/authorization/read-request-object.ts'
import { resumeConsent } from './core/authorization/resume-consent.ts'
import { resumeLogin } from './core/authorization/resume-login.ts'
import { authenticateClient } from './core/clients/authenticate-client.ts'
import type { Client } from './core/clients/client.ts'
import { makeRemoteKeys } from './core/clients/remote-keys.ts'
import { ChosenSecrets } from './core/clients/secrets.ts'
import { spendingOnRefusal } from './core/clients/spend-assertion.ts'
import { verifyAssertion } from './core/clients/verify-assertion.ts'
import { verifySecret } from './core/clients/verify-secret.ts'
import { listConsents } from './core/consents/list-consents.ts'
import { listGrantedClients } from './core/consents/list-granted-clients.ts'
import { withdrawConsent } from './core/consents/withdraw-consent.ts'
import { createKey } from './core/keys/create-key.ts'
import { deleteKeys } from './core/keys/delete-keys.ts'
import { KeyRing } from './core/keys/key-ring.ts'
import { openSigningKeys } from './core/keys/open-signing-keys.ts'
import { idTokenAlgs, publishedKeys } from './core/keys/published-keys.ts'
import { readKey, readKeySet } from './core/keys/read-keys.ts'
import { replaceKey, replaceKeySet } from './core/keys/replace-keys.ts'
import { announceLogout } from './core/logout/announce-logout.ts'
import { acceptLogout, findLogout, finishLogout } from './core/logout/answer-logout.ts'
import { beginLogout } from './core/logout/begin-logout.ts'
import { deliverLogouts } from './core/logout/deliver-logouts.ts'
import { endSessions, removeEndedSessions } from './core/logout/end-sessions.ts'
import { createClient } from './core/registration/create-client.ts'
import { deleteClientByAdmin, deleteClientByOwner } from './core/registration/delete-client.ts'
import { findOrRefuse } from './core/registration/find-or-refuse.ts'
import { issueRegistrationToken } from './core/registration/issue-registration-token.ts'
import { patchClient } from './core/registration/patch-client.ts'
import { readClient } from './core/registration/read-client.ts'
import { registerClient } from './core/registration/register-client.ts'
import { replaceClient } from './core/registration/replace-client.ts'
import { forgetRotatedSecrets, rotateSecret } from './core/registration/rotate-secret.ts'
import { sectorFault } from './core/registration/sector-identifier.ts'
import { setLifespans } from './core/registration/set-lifespans.ts'
import { updateClient } from './core/registration/update-client.ts'
import { sessionInForce } from './core/sessions/login-session.ts'
import { authorizationCodeGrant, authorizationCodeGrantType } from './core/token-endpoint/authorization-code.ts'
import { clientCredentialsGrant, clientCredentialsGrantType } from './core/token-endpoint/client-credentials.ts'
import { refreshTokenGrant, refreshTokenGrantType } from './core/token-endpoint/refresh-token.ts'
import { tokenEndpoint } from './core/token-endpoint/token-endpoint.ts'
import { tokenHook } from './core/token-endpoint/token-hook.ts'
import type { KeepAccessToken } from './core/tokens/access-token.ts'
import { endTokens } from './core/tokens/end-tokens.ts'
import { readIdTokenHint, signIdToken, signUserinfo } from './core/tokens/id-token.ts'
import { introspectToken } from './core/tokens/introspect-token.ts'
import { issueAccessToken } from './core/tokens/issue-access-token.ts'
import { readAccessToken, signAccessToken } from './core/tokens/jwt-access-token.ts'
import { pairwiseSubject } from './core/tokens/pairwise-subject.ts'
import { prepareTokens } from './core/tokens/prepare-tokens.ts'
import { revokeToken } from './core/tokens/revoke-token.ts'
import { userinfo } from './core/tokens/userinfo.ts'
import { checkPassword } from './core/users/check-password.ts'
import { adminFence } from './http/admin/fence.ts'
import { makePageTokens } from './http/admin/page-token.ts'
import { consentRecordJson } from './http/admin/request-views.ts'
import { adminRoutes, withAdminPrefix } from './http/admin.ts'
import { answerError } from './http/errors/answer-error.ts'
import { makeFormTokens } from './http/login-app/form-token.ts'
import { clientOrigins } from './http/oauth/client-origins.ts'
import { logoutAddress } from './http/oauth/logout.ts'
import { describeApi } from './http/openapi/api-description.ts'
import { publicRoutes } from './http/public.ts'
import { clientAddress } from './http/server/client-address.ts'
import { makeCookies } from './http/server/cookies.ts'
import { type Listener, makeListener } from './http/server/listener.ts'
import { peerAddress } from './http/server/peer-address.ts'
import { deliverLogoutsJob, deliverLogouts as logoutDeliveries } from './jobs/deliver-logouts.ts'
import { removeEnded, removeEndedJob } from './jobs/remove-ended.ts'
import { type RemoveExpired, removeExpired } from './jobs/remove-expired.ts'
import { runJobs } from './jobs/runner.ts'
import { isWithin, loopback } from './lib/address-range.ts'
import { Bcrypt } from './lib/bcrypt.ts'
import type { Clock } from './lib/clock.ts'
import type { FencedFetch } from './lib/fenced-fetch.ts'
import type { Live } from './lib/live.ts'
import { openFilesLimit } from './lib/open-files.ts'
import { makeOutboundFetch } from './lib/outbound-fetch.ts'
import { type Randomness, systemRandomness } from './lib/random.ts'
import { makeSealer } from './lib/seal.ts'
import { stoppableFetch } from './lib/stoppable-fetch.ts'
import { silence, type Telemetry, untraced } from './lib/telemetry.ts'
import type { Transaction } from './lib/transaction.ts'
import { hostOf, liveSettings, withoutSlash } from './live-settings.ts'
import { accessTokenKeeper } from './storage/access-tokens.ts'
import type { Database } from './storage/database.ts'
import { openPostgres } from './storage/dialects/postgres.ts'
import { openSqlite } from './storage/dialects/sqlite.ts'
import { migrateUp, migrationStatus, requireSchema } from './storage/migrations.ts'
import { type Stores, storesOf } from './storage/stores.ts'
import { makeLogger } from './telemetry/logger.ts'
import { type Metrics, makeMetrics } from './telemetry/metrics.ts'
import { makeTracing, type Tracing } from './telemetry/tracing.ts'

export const version: string = packageJson.version

/** How many rows that were ended by a mark are removed in one transaction: few enough that other transactions hardly wait for them. */
const mostRemovedAtOnce = 500

/** What the process gives to the application. */
export interface AppDeps {
  /** The snapshot in force; the fixed settings are read once. */
  readonly config: Live<Config>
  readonly secrets: Secrets
  readonly clock: Clock
  readonly randomness: Randomness
  readonly telemetry: WatchedTelemetry
  /** For URLs that strangers chose; by default the fenced fetch of the real network. */
  readonly fetch?: FencedFetch & AsyncDisposable
}

export interface App {
  readonly public: Listener
  readonly admin: Listener
  /** The server is about to stop: jobs are aborted, and fetches end soon. Requests that have begun are still answered. */
  stop(): void
  /** Waits for what was begun, then closes the database. The listeners must be closed before. */
  close(): Promise<void>
}

/** Log lines to standard output (or to `write`), metrics, and traces if they are configured. */
export async function makeTelemetry(
  settings: Config['log'],
  write?: (line: string) => void,
  tracing?: Config['tracing'],
): Promise<WatchedTelemetry> {
  const metrics = makeMetrics()
  const lost = (lines: number): void => {
    for (let line = 0; line < lines; line++) metrics.count('log_line_lost')
  }
  const { log, flush } = await makeLogger(settings, { ...(write && { write }), lost })
  const traces = tracing?.provider === 'otel' ? await makeTracing(tracing, version) : undefined
  return { log, count: metrics.count, trace: traces?.trace ?? untraced, flush, metrics, ...(traces && { traces }) }
}

export interface WatchedTelemetry extends Telemetry {
  /** Writes the buffered lines; never resolves if standard output is not read. */
  flush(): Promise<void>
  readonly metrics: Metrics
  /** Absent where no traces are kept. */
  readonly traces?: Tracing
}

/** The hash of a password that a person chose, as `users` holds it. */
export const hashPassword = (password: string): Promise<string> => new ChosenSecrets(systemRandomness, new Bcrypt()).hash(password)

/** Opens the database of a configuration. */
export function openDatabase({ dsn }: Pick<Config, 'dsn'>, { count, log }: Pick<Telemetry, 'count' | 'log'> = silence) {
  const onOutcomeUnknown = () => count('database_outcome_unknown')
  const database =
    dsn.engine === 'postgres'
      ? openPostgres(dsn.url, { ...dsn, onOutcomeUnknown })
      : openSqlite(dsn.engine === 'memory' ? 'memory' : dsn.path, { log })
  return {
    database,
    migrateUp: () => migrateUp(database),
    migrationStatus: () => migrationStatus(database),
    requireSchema: () => requireSchema(database),
    close: () => database.close(),
  }
}

/** Milliseconds that a fetch for a request may still take once the server stops. */
const fetchesEnd = 5_000

/** What the parts of the product share. */
function wireShared({ fetch: given, ...deps }: AppDeps) {
  const { config, clock, randomness, telemetry } = deps
  const fetch = stoppableFetch(given ?? makeOutboundFetch({ trace: telemetry.trace, clock }))
  const bcrypt = new Bcrypt()
  return {
    ...deps,
    /** Read once: the settings that need a restart. */
    fixed: config(),
    live: liveSettings(config),
    fetch,
    bcrypt,
    chosenSecrets: new ChosenSecrets(randomness, bcrypt),
    audit: makeAudit({ clock, randomness, telemetry, retention: () => config().audit.retention }),
  }
}
type Shared = ReturnType<typeof wireShared>

function wireStorage({ telemetry, clock, randomness }: Shared, database: Database) {
  database.watch({
    ...telemetry.metrics.database,
    writable(problem) {
      if (problem === undefined) telemetry.log('info', 'the database can be written again')
      else telemetry.log('error', 'the database cannot be written; reads go on, and a write is tried each second', { problem })
    },
  })
  if (database.pool) telemetry.metrics.showPool(database.pool)
  const stores = storesOf(database.read)
  const transaction: Transaction<Stores> = (body) =>
    telemetry.trace('act', () => database.transact((db, afterCommit) => body({ ...storesOf(db), afterCommit })))
  const keeper = accessTokenKeeper(database)
  const keepAccessToken: KeepAccessToken = (token, most) => telemetry.trace('act', () => keeper(token, most))
  return { stores, transaction, keepAccessToken, act: { ...stores, transaction, clock, randomness, telemetry } }
}
type Storage = ReturnType<typeof wireStorage>

async function wireKeys({ config, fixed, live, secrets, clock, randomness, audit }: Shared, { act }: Storage) {
  const deps = { ...act, sealer: makeSealer(secrets.system, 'signing-key', randomness) }
  await openSigningKeys(deps)
  const ring = new KeyRing(deps)
  const { issuer } = fixed.urls.self
  const signing = { ring, issuer, clock, randomness }
  const admin = { ...deps, ring, audit, publishBeforeUse: () => config().webfinger.jwks.publish_before_use }
  return {
    signing,
    signJwt: signAccessToken({ ...signing, settings: live.jwt }),
    readJwt: readAccessToken(signing),
    readHint: readIdTokenHint(signing),
    idTokenAlgs: idTokenAlgs({ ring, clock }),
    publicKeys: publishedKeys({ ring, broadcast: () => config().webfinger.jwks.broadcast_keys }),
    adminActs: {
      readKeySet: readKeySet(deps),
      readKey: readKey(deps),
      createKey: createKey(admin),
      replaceKeySet: replaceKeySet(admin),
      replaceKey: replaceKey(admin),
      deleteKeys: deleteKeys(admin),
    },
  }
}
type Keys = Awaited<ReturnType<typeof wireKeys>>

function wireRegistration({ fixed, live, fetch, chosenSecrets, audit, telemetry }: Shared, { stores, act }: Storage, keys: Keys) {
  const owner = {
    ...act,
    audit,
    secrets: chosenSecrets,
    rules: live.registrationRules,
    signingAlgs: keys.idTokenAlgs,
    policy: live.policy,
    sectorFault: sectorFault({ fetch, fence: live.fence, telemetry }),
  }
  const administrator = { ...owner, rules: live.hydraRules }
  const registrationUri = (clientId: string) => `${withoutSlash(fixed.urls.self.public)}/oauth2/register/${encodeURIComponent(clientId)}`
  return {
    publicActs: {
      registerClient: registerClient(owner),
      readClient: readClient(stores),
      updateClient: updateClient(owner),
      deleteClient: deleteClientByOwner(owner),
      registrationUri,
      echoToken: live.echoToken,
    },
    adminActs: {
      listClients: stores.clients.list,
      createClient: createClient(administrator),
      registrationUri,
      getClient: (clientId: string) => findOrRefuse(stores, clientId),
      replaceClient: replaceClient(administrator),
      patchClient: patchClient(administrator),
      deleteClient: deleteClientByAdmin(administrator),
      setLifespans: setLifespans(administrator),
      rotateSecret: rotateSecret(administrator),
      forgetRotatedSecrets: forgetRotatedSecrets(administrator),
      issueRegistrationToken: issueRegistrationToken(administrator),
    },
  }
}

/** How a client proves who it is. */
function wireClients({ config, live, fetch, chosenSecrets, clock, randomness }: Shared, { stores }: Storage) {
  const remoteKeys = makeRemoteKeys({ fetch, fence: live.fence, clock })
  const authenticate = authenticateClient({
    ...stores,
    secrets: chosenSecrets,
    secretTransport: () => config().oauth2.secret_transport,
    isSecretOf: verifySecret({ clock, randomness, secrets: chosenSecrets }),
    verifyAssertion: verifyAssertion({ clock, remoteKeys, audience: live.discovery }),
  })
  return { remoteKeys, authenticate }
}
type Clients = ReturnType<typeof wireClients>

function wireTokens(shared: Shared, storage: Storage, keys: Keys, { authenticate }: Clients) {
  const { live, fetch, clock, randomness, audit, telemetry } = shared
  const { stores, transaction, keepAccessToken, act } = storage
  const { signing, signJwt, readJwt } = keys
  const { issuer } = signing
  const askHooks = tokenHook({ fetch, settings: live.hooks, issuer, telemetry })
  const issue = issueAccessToken({ ...act, keepAccessToken, signJwt })
  const personGrants = {
    ...act,
    prepare: prepareTokens({ signJwt, signIdToken: signIdToken(signing), clock, randomness }),
    askHooks,
    settings: live.personGrants,
  }
  const grants = new Map([
    [authorizationCodeGrantType, authorizationCodeGrant(personGrants)],
    [refreshTokenGrantType, refreshTokenGrant(personGrants)],
    [clientCredentialsGrantType, clientCredentialsGrant({ issue, askHooks, settings: live.clientCredentials })],
  ])
  const introspect = introspectToken({ ...stores, readJwt, clock })
  return {
    introspect,
    publicActs: {
      tokenEndpoint: tokenEndpoint({ authenticate, spendingOnRefusal: spendingOnRefusal({ transaction }), grants, clock }),
      authenticate,
      revokeToken: revokeToken({ ...act, readJwt, count: telemetry.count }),
      findUserinfo: userinfo({ ...stores, introspect, issuer }),
      signUserinfo: signUserinfo(signing),
    },
    adminActs: { introspectToken: introspect, issuer, endTokens: endTokens({ transaction, clock, audit }) },
  }
}
type Tokens = ReturnType<typeof wireTokens>

function wireAuthorization({ fixed, live, fetch, clock }: Shared, { stores, act }: Storage, keys: Keys, { remoteKeys }: Clients) {
  const obfuscatedSubject = pairwiseSubject({ salt: fixed.oidc.subject_identifiers.pairwise.salt ?? '' })
  const deps = {
    ...act,
    findSender: findSender(stores),
    readRequestObject: readRequestObject({ fetch, fence: live.fence, clock, remoteKeys, audience: live.discovery }),
    readHint: keys.readHint,
    subjectFor: (client: Client, subject: string, forced?: string) => obfuscatedSubject(client, subject, forced) ?? subject,
    obfuscatedSubject,
    record: consentRecordJson,
    settings: live.authorization,
    requestLifespan: live.requestLifespan,
    sessionLifespan: live.sessionLifespan,
    codeLifespan: live.codeLifespan,
  }
  return {
    publicActs: {
      beginAuthorization: beginAuthorization(deps),
      resumeLogin: resumeLogin(deps),
      resumeConsent: resumeConsent(deps),
    },
    /** For login applications: the built-in one, and others by the admin API. */
    loginActs: {
      findLogin: findLogin(act),
      acceptLogin: acceptLogin(act),
      rejectLogin: rejectLogin(act),
      findConsent: findConsent(act),
      acceptConsent: acceptConsent(act),
      rejectConsent: rejectConsent(act),
    },
  }
}

/** Login sessions, logout and remembered consent. */
function wireSessions(shared: Shared, { stores, transaction, act }: Storage, keys: Keys, runJob: (name: string) => void) {
  const { fixed, live, clock, randomness, audit } = shared
  const removeLater = () => runJob(removeEndedJob)
  const announce = announceLogout({ randomness, deliver: () => runJob(deliverLogoutsJob) })
  const ending = { ...act, audit, announce, removeLater }
  const list = listConsents(act)
  const withdraw = withdrawConsent({ transaction, audit, clock, removeLater })
  const accept = acceptLogout(act)
  return {
    removeEndedSessions: removeEndedSessions(ending),
    publicActs: {
      beginLogout: beginLogout({ ...act, readHint: keys.readHint, requestLifespan: live.requestLifespan }),
      finishLogout: finishLogout(ending),
      findSession: (id: string | undefined) => sessionInForce(stores.sessions, id, clock()),
      listGrantedClients: listGrantedClients({ list, clock }),
      withdrawConsent: withdraw,
    },
    adminActs: { listConsents: list, withdrawConsent: withdraw, endSessions: endSessions(ending) },
    loginActs: {
      findLogout: findLogout(act),
      acceptLogout: async (challenge: string) => logoutAddress(withoutSlash(fixed.urls.self.public), await accept(challenge)),
    },
  }
}
type Sessions = ReturnType<typeof wireSessions>

/** What both listeners have in common. */
const wireListener = ({ telemetry }: Shared) => ({
  answerError,
  telemetry,
  answered: telemetry.metrics.request,
  begun: telemetry.traces?.request,
})

interface Parts {
  readonly storage: Storage
  readonly keys: Keys
  readonly registration: ReturnType<typeof wireRegistration>
  readonly tokens: Tokens
  readonly authorization: ReturnType<typeof wireAuthorization>
  readonly sessions: Sessions
  readonly isReady: () => Promise<boolean>
}

function wirePublic(shared: Shared, parts: Parts): Listener {
  const { config, fixed, live, secrets, chosenSecrets, clock, randomness, telemetry } = shared
  const { find: findClient } = parts.storage.stores.clients
  const publicUrl = withoutSlash(fixed.urls.self.public)
  const registrationIsOn = () => config().oidc.dynamic_client_registration.enabled
  const api = describeApi({ listener: 'public', version, server: publicUrl }, registrationIsOn)
  const cookies = makeCookies({
    isSecure: new URL(publicUrl).protocol === 'https:',
    isDev: fixed.dev,
    sameSite: fixed.serve.cookies.same_site_mode,
    domain: fixed.serve.cookies.domain,
    names: fixed.serve.cookies.names,
    sessionPath: fixed.serve.cookies.paths.session,
    sealer: makeSealer(secrets.cookie, 'cookie', randomness),
  })
  return makeListener({
    ...wireListener(shared),
    name: 'public',
    face: 'plain',
    routes: publicRoutes({
      ...parts.registration.publicActs,
      ...parts.authorization.publicActs,
      ...parts.authorization.loginActs,
      ...parts.sessions.publicActs,
      ...parts.sessions.loginActs,
      ...parts.tokens.publicActs,
      registrationIsOn,
      issuerPath: withoutSlash(new URL(fixed.urls.self.issuer).pathname),
      isReady: parts.isReady,
      api,
      addresses: live.addresses,
      cookies,
      requestLifespan: live.requestLifespan,
      publicUrl,
      redirects: live.redirects,
      telemetry,
      findClient,
      formTokens: makeFormTokens({ sealer: makeSealer(secrets.cookie, 'form', randomness) }),
      builtIn: live.builtInPages,
      users: live.users,
      checkPassword: checkPassword({ users: live.users, secrets: chosenSecrets, clock, count: telemetry.count }),
      origin: new URL(publicUrl).origin,
      clock,
      log: telemetry.log,
      publicKeys: parts.keys.publicKeys,
      discovery: live.discovery,
      idTokenAlgs: parts.keys.idTokenAlgs,
    }),
    host: fixed.serve.public.host,
    bounds: {
      max: fixed.serve.public.max_connections,
      openFiles: openFilesLimit(),
      perAddress: {
        max: () => config().serve.public.max_connections_per_address,
        isExempt: (address) => isWithin(loopback, address) || isWithin(live.trustedProxies(), address),
      },
    },
    bodyLimit: 64 * 1024,
    cors: live.cors,
    clientOrigins: clientOrigins({
      findClient,
      clientOfToken: async (accessToken) => (await parts.tokens.introspect(accessToken, []))?.clientId,
    }),
    addressOf: clientAddress({ trusted: live.trustedProxies, log: telemetry.log, key: 'serve.public.trusted_proxies' }),
    fence: () => undefined,
    logsHealth: !fixed.serve.public.request_log.disable_for_health,
    describe: api.describe,
  })
}

function wireAdmin(shared: Shared, parts: Parts): Listener {
  const { config, fixed, secrets, clock, randomness, telemetry } = shared
  const { admin } = fixed.urls.self
  const api = describeApi({ listener: 'admin', version, server: admin && withoutSlash(admin) }, () => true)
  return makeListener({
    ...wireListener(shared),
    name: 'admin',
    face: 'admin',
    routes: adminRoutes({
      ...parts.registration.adminActs,
      ...parts.authorization.loginActs,
      ...parts.sessions.adminActs,
      ...parts.sessions.loginActs,
      ...parts.tokens.adminActs,
      ...parts.keys.adminActs,
      isReady: parts.isReady,
      api,
      version,
      metricsText: () => telemetry.metrics.text(),
      pageTokens: makePageTokens({ sealer: makeSealer(secrets.pagination, 'page-token', randomness), clock }),
    }),
    host: fixed.serve.admin.host,
    bounds: { max: fixed.serve.admin.max_connections, openFiles: openFilesLimit() },
    bodyLimit: 1024 * 1024,
    cors: () => ({ origin: false }),
    addressOf: ({ socket }) => peerAddress(socket),
    rewriteUrl: withAdminPrefix,
    fence: adminFence({ access: () => config().serve.admin.auth, ownHost: hostOf(admin) }),
    logsHealth: !fixed.serve.admin.request_log.disable_for_health,
    describe: api.describe,
  })
}

/** In this order, as a grant is removed only after what belongs to it. */
const expiring: Readonly<Record<string, RemoveExpired<Stores>>> = {
  access_tokens: (tx, now, limit) => tx.accessTokens.removeExpired(now, limit),
  removed_clients: (tx, now, limit) => tx.clients.removeExpired(now, limit),
  revoked_tokens: (tx, now, limit) => tx.revokedTokens.removeExpired(now, limit),
  signing_keys: (tx, now, limit) => tx.signingKeys.removeExpired(now, limit),
  authorization_flows: (tx, now, limit) => tx.flows.removeExpired(now, limit),
  login_sessions: (tx, now, limit) => tx.sessions.removeExpired(now, limit),
  session_clients: (tx, now, limit) => tx.sessionClients.removeExpired(now, limit),
  authorization_codes: (tx, now, limit) => tx.codes.removeExpired(now, limit),
  refresh_tokens: (tx, now, limit) => tx.refreshTokens.removeExpired(now, limit),
  grants: (tx, now, limit) => tx.grants.removeExpired(now, limit),
  logout_requests: (tx, now, limit) => tx.logouts.removeExpired(now, limit),
  logout_deliveries: (tx, now, limit) => tx.logoutDeliveries.removeExpired(now, limit),
  client_assertions: (tx, now, limit) => tx.assertions.removeExpired(now, limit),
  audit_records: (tx, now, limit) => tx.audit.removeExpired(now, limit),
}

function wireJobs({ live, fetch, clock, telemetry }: Shared, { transaction, act }: Storage, keys: Keys, sessions: Sessions) {
  const removals: Parameters<typeof removeEnded>[0] = {
    sessions: sessions.removeEndedSessions,
    grants: (now) => transaction((tx) => tx.removals.grants(now, mostRemovedAtOnce)),
    consents: (now) => transaction((tx) => tx.removals.consents(now, mostRemovedAtOnce)),
    clients: (now) => transaction((tx) => tx.removals.clients(now, mostRemovedAtOnce)),
  }
  const all = [
    removeExpired({ transaction, stores: expiring, telemetry }),
    logoutDeliveries(deliverLogouts({ ...act, ...keys.signing, fetch, fence: live.fence })),
    removeEnded(removals, telemetry),
  ]
  return runJobs(all, { clock, telemetry })
}

/** Wires the product: the keys are opened, the listeners are ready to listen, the jobs run. The database must be up to date. */
export async function makeApp(deps: AppDeps, database: Database): Promise<App> {
  const shared = wireShared(deps)
  const storage = wireStorage(shared, database)
  const keys = await wireKeys(shared, storage)
  const registration = wireRegistration(shared, storage, keys)
  const clients = wireClients(shared, storage)
  const tokens = wireTokens(shared, storage, keys, clients)
  const authorization = wireAuthorization(shared, storage, keys, clients)
  const sessions = wireSessions(shared, storage, keys, (name) => jobs.runNow(name))
  const jobs = wireJobs(shared, storage, keys, sessions)
  const parts = { storage, keys, registration, tokens, authorization, sessions, isReady: () => database.ping() }
  return {
    public: wirePublic(shared, parts),
    admin: wireAdmin(shared, parts),
    stop() {
      jobs.stop()
      shared.fetch.stop(fetchesEnd)
    },
    async close() {
      await jobs[Symbol.asyncDispose]()
      await shared.fetch[Symbol.asyncDispose]()
      await shared.bcrypt[Symbol.asyncDispose]()
      await database.close()
    },
  }
}
