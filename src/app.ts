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
import { removeExpired } from './jobs/remove-expired.ts'
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

/** How many rows that were ended by a mark go in one transaction: few enough that others hardly wait for them. */
const mostRemovedAtOnce = 500

/** What the process hands to the application. */
export interface AppDeps {
  /** The snapshot in force; the fixed settings are read once. */
  readonly config: Live<Config>
  readonly secrets: Secrets
  readonly clock: Clock
  readonly randomness: Randomness
  readonly telemetry: WatchedTelemetry
  /** For what strangers' URLs hold; the fenced fetch of the real network, unless another is given. */
  readonly fetch?: FencedFetch & AsyncDisposable
}

export interface App {
  readonly public: Listener
  readonly admin: Listener
  /** The server is about to end: jobs are aborted, and fetches end soon. Requests that have begun are still answered. */
  stop(): void
  /** Finishes what was begun, then closes the database. The listeners must be closed by then. */
  close(): Promise<void>
}

/** What the process says: log lines to standard output (or to `write`), and metrics. */
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
  /** Writes out the lines that are held; never resolves where nobody reads them. */
  flush(): Promise<void>
  readonly metrics: Metrics
  /** Absent where no traces are kept. */
  readonly traces?: Tracing
}

/** The hash of a password that a person chose, as `users` holds it. */
export const hashPassword = (password: string): Promise<string> => new ChosenSecrets(systemRandomness, new Bcrypt()).hash(password)

/** Opens the database of a configuration, for whoever brings its schema up to date. */
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

/** What a fetch for a request may still take once the server stops: as long as one that began just then may. Milliseconds. */
const fetchesEnd = 5_000

/** Wires the modules: database up to date, keys opened, listeners ready to listen, jobs running. */
export async function makeApp(deps: AppDeps, database: Database): Promise<App> {
  const { config, secrets, clock, randomness, telemetry } = deps
  const fixed = config()

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
  const keyDeps = { ...stores, transaction, sealer: makeSealer(secrets.system, 'signing-key', randomness), clock, randomness, telemetry }
  await openSigningKeys(keyDeps)
  const ring = new KeyRing(keyDeps)

  const live = liveSettings(config)
  const bcrypt = new Bcrypt()
  const chosenSecrets = new ChosenSecrets(randomness, bcrypt)
  const fetch = stoppableFetch(deps.fetch ?? makeOutboundFetch({ trace: telemetry.trace, clock }))
  const audit = makeAudit({ clock, randomness, telemetry, retention: () => config().audit.retention })
  const signingAlgs = idTokenAlgs({ ring, clock })
  const owner = {
    ...stores,
    transaction,
    clock,
    randomness,
    audit,
    secrets: chosenSecrets,
    rules: live.registrationRules,
    signingAlgs,
    policy: live.policy,
    sectorFault: sectorFault({ fetch, fence: live.fence, telemetry }),
  }
  const administrator = { ...owner, rules: live.hydraRules, telemetry }
  const registrationUri = (clientId: string) => `${withoutSlash(fixed.urls.self.public)}/oauth2/register/${encodeURIComponent(clientId)}`

  const keyAdmin = { ...keyDeps, ring, audit, publishBeforeUse: () => config().webfinger.jwks.publish_before_use }
  const { issuer } = fixed.urls.self
  const signJwt = signAccessToken({ ring, issuer, clock, settings: live.jwt })
  const readJwt = readAccessToken({ ring, issuer, clock })
  const keeper = accessTokenKeeper(database)
  const keepAccessToken: KeepAccessToken = (token, most) => telemetry.trace('act', () => keeper(token, most))
  const issue = issueAccessToken({ transaction, keepAccessToken, signJwt, clock, randomness, telemetry })
  const act = { ...stores, transaction, clock, randomness, telemetry }
  const tokenKeys = { ring, issuer, clock, randomness }
  const readHint = readIdTokenHint(tokenKeys)
  const askHooks = tokenHook({ fetch, settings: live.hooks, issuer, telemetry })
  const personGrants = {
    ...act,
    prepare: prepareTokens({ signJwt, signIdToken: signIdToken(tokenKeys), clock, randomness }),
    askHooks,
    settings: live.personGrants,
  }
  const grants = new Map([
    [authorizationCodeGrantType, authorizationCodeGrant(personGrants)],
    [refreshTokenGrantType, refreshTokenGrant(personGrants)],
    [clientCredentialsGrantType, clientCredentialsGrant({ issue, askHooks, settings: live.clientCredentials })],
  ])
  const publicUrl = withoutSlash(fixed.urls.self.public)
  const cookies = makeCookies({
    isSecure: new URL(fixed.urls.self.public).protocol === 'https:',
    isDev: fixed.dev,
    sameSite: fixed.serve.cookies.same_site_mode,
    domain: fixed.serve.cookies.domain,
    names: fixed.serve.cookies.names,
    sessionPath: fixed.serve.cookies.paths.session,
    sealer: makeSealer(secrets.cookie, 'cookie', randomness),
  })
  const obfuscatedSubject = pairwiseSubject({ salt: fixed.oidc.subject_identifiers.pairwise.salt ?? '' })
  const subjectFor = (client: Client, subject: string, forced?: string) => obfuscatedSubject(client, subject, forced) ?? subject
  const remoteKeys = makeRemoteKeys({ fetch, fence: live.fence, clock })
  const authorization = {
    ...act,
    findSender: findSender(stores),
    readRequestObject: readRequestObject({ fetch, fence: live.fence, clock, remoteKeys, audience: live.discovery }),
    readHint,
    subjectFor,
    obfuscatedSubject,
    record: consentRecordJson,
    settings: live.authorization,
    requestLifespan: live.requestLifespan,
    sessionLifespan: live.sessionLifespan,
    codeLifespan: live.codeLifespan,
  }
  const removeLater = () => jobs.runNow(removeEndedJob)
  const announce = announceLogout({ randomness, deliver: () => jobs.runNow(deliverLogoutsJob) })
  const sessionEnd = { ...act, audit, announce, removeLater }
  const [consents, withdraw] = [listConsents(act), withdrawConsent({ transaction, audit, clock, removeLater })]
  const acceptLogoutAct = acceptLogout(act)
  const loginActs = {
    findLogin: findLogin(act),
    acceptLogin: acceptLogin(act),
    rejectLogin: rejectLogin(act),
    findConsent: findConsent(act),
    acceptConsent: acceptConsent(act),
    rejectConsent: rejectConsent(act),
    findLogout: findLogout(act),
    acceptLogout: async (challenge: string) => logoutAddress(publicUrl, await acceptLogoutAct(challenge)),
  }
  const introspectAct = introspectToken({ ...stores, readJwt, clock })
  const authenticate = authenticateClient({
    ...stores,
    secrets: chosenSecrets,
    secretTransport: () => config().oauth2.secret_transport,
    isSecretOf: verifySecret({ clock, randomness, secrets: chosenSecrets }),
    verifyAssertion: verifyAssertion({ clock, remoteKeys, audience: live.discovery }),
  })

  const registrationIsOn = () => config().oidc.dynamic_client_registration.enabled
  const publicApi = describeApi({ listener: 'public', version, server: withoutSlash(fixed.urls.self.public) }, registrationIsOn)
  const adminUrl = fixed.urls.self.admin
  const adminApi = describeApi({ listener: 'admin', version, server: adminUrl && withoutSlash(adminUrl) }, () => true)

  const isReady = () => database.ping()
  const openFiles = openFilesLimit()
  const publicListener = makeListener({
    name: 'public',
    face: 'plain',
    routes: publicRoutes({
      ...loginActs,
      registrationIsOn,
      issuerPath: withoutSlash(new URL(issuer).pathname),
      isReady,
      api: publicApi,
      registerClient: registerClient(owner),
      readClient: readClient(stores),
      updateClient: updateClient(owner),
      deleteClient: deleteClientByOwner(owner),
      registrationUri,
      echoToken: live.echoToken,
      beginAuthorization: beginAuthorization(authorization),
      resumeLogin: resumeLogin(authorization),
      resumeConsent: resumeConsent(authorization),
      addresses: live.addresses,
      cookies,
      requestLifespan: live.requestLifespan,
      publicUrl,
      redirects: live.redirects,
      telemetry,
      findSession: (id) => sessionInForce(stores.sessions, id, clock()),
      listGrantedClients: listGrantedClients({ list: consents, clock }),
      findClient: stores.clients.find,
      withdrawConsent: withdraw,
      formTokens: makeFormTokens({ sealer: makeSealer(secrets.cookie, 'form', randomness) }),
      builtIn: live.builtInPages,
      users: live.users,
      checkPassword: checkPassword({ users: live.users, secrets: chosenSecrets, clock, count: telemetry.count }),
      origin: new URL(publicUrl).origin,
      clock,
      log: telemetry.log,
      findUserinfo: userinfo({ ...stores, introspect: introspectAct, issuer }),
      signUserinfo: signUserinfo(tokenKeys),
      beginLogout: beginLogout({ ...act, readHint, requestLifespan: live.requestLifespan }),
      finishLogout: finishLogout(sessionEnd),
      tokenEndpoint: tokenEndpoint({ authenticate, spendingOnRefusal: spendingOnRefusal({ transaction }), grants, clock }),
      authenticate,
      revokeToken: revokeToken({ ...act, readJwt, count: telemetry.count }),
      publicKeys: publishedKeys({ ring, broadcast: () => config().webfinger.jwks.broadcast_keys }),
      discovery: live.discovery,
      idTokenAlgs: signingAlgs,
    }),
    answerError,
    telemetry,
    host: fixed.serve.public.host,
    bounds: {
      max: fixed.serve.public.max_connections,
      openFiles,
      perAddress: {
        max: () => config().serve.public.max_connections_per_address,
        isExempt: (address) => isWithin(loopback, address) || isWithin(live.trustedProxies(), address),
      },
    },
    bodyLimit: 64 * 1024,
    cors: live.cors,
    clientOrigins: clientOrigins({
      findClient: stores.clients.find,
      clientOfToken: async (accessToken) => (await introspectAct(accessToken, []))?.clientId,
    }),
    addressOf: clientAddress({ trusted: live.trustedProxies, log: telemetry.log, key: 'serve.public.trusted_proxies' }),
    fence: () => undefined,
    logsHealth: !fixed.serve.public.request_log.disable_for_health,
    describe: publicApi.describe,
    answered: telemetry.metrics.request,
    begun: telemetry.traces?.request,
  })

  const pageTokens = makePageTokens({ sealer: makeSealer(secrets.pagination, 'page-token', randomness), clock })
  const adminListener = makeListener({
    name: 'admin',
    face: 'admin',
    routes: adminRoutes({
      ...loginActs,
      isReady,
      api: adminApi,
      version,
      metricsText: () => telemetry.metrics.text(),
      listClients: (page) => stores.clients.list(page),
      pageTokens,
      createClient: createClient(administrator),
      registrationUri,
      getClient: (clientId) => findOrRefuse(stores, clientId),
      replaceClient: replaceClient(administrator),
      patchClient: patchClient(administrator),
      deleteClient: deleteClientByAdmin(administrator),
      setLifespans: setLifespans(administrator),
      rotateSecret: rotateSecret(administrator),
      forgetRotatedSecrets: forgetRotatedSecrets(administrator),
      issueRegistrationToken: issueRegistrationToken(administrator),
      introspectToken: introspectAct,
      issuer,
      listConsents: consents,
      withdrawConsent: withdraw,
      endSessions: endSessions(sessionEnd),
      endTokens: endTokens({ transaction, clock, audit }),
      readKeySet: readKeySet(keyDeps),
      readKey: readKey(keyDeps),
      createKey: createKey(keyAdmin),
      replaceKeySet: replaceKeySet(keyAdmin),
      replaceKey: replaceKey(keyAdmin),
      deleteKeys: deleteKeys(keyAdmin),
    }),
    answerError,
    telemetry,
    host: fixed.serve.admin.host,
    bounds: { max: fixed.serve.admin.max_connections, openFiles },
    bodyLimit: 1024 * 1024,
    cors: () => ({ origin: false }),
    addressOf: ({ socket }) => peerAddress(socket),
    rewriteUrl: withAdminPrefix,
    fence: adminFence({ access: () => config().serve.admin.auth, ownHost: hostOf(fixed.urls.self.admin) }),
    logsHealth: !fixed.serve.admin.request_log.disable_for_health,
    describe: adminApi.describe,
    answered: telemetry.metrics.request,
    begun: telemetry.traces?.request,
  })

  const expiring = {
    access_tokens: (tx: Stores, now: number, limit: number) => tx.accessTokens.removeExpired(now, limit),
    removed_clients: (tx: Stores, now: number, limit: number) => tx.clients.removeExpired(now, limit),
    revoked_tokens: (tx: Stores, now: number, limit: number) => tx.revokedTokens.removeExpired(now, limit),
    signing_keys: (tx: Stores, now: number, limit: number) => tx.signingKeys.removeExpired(now, limit),
    authorization_flows: (tx: Stores, now: number, limit: number) => tx.flows.removeExpired(now, limit),
    login_sessions: (tx: Stores, now: number, limit: number) => tx.sessions.removeExpired(now, limit),
    session_clients: (tx: Stores, now: number, limit: number) => tx.sessionClients.removeExpired(now, limit),
    authorization_codes: (tx: Stores, now: number, limit: number) => tx.codes.removeExpired(now, limit),
    refresh_tokens: (tx: Stores, now: number, limit: number) => tx.refreshTokens.removeExpired(now, limit),
    grants: (tx: Stores, now: number, limit: number) => tx.grants.removeExpired(now, limit),
    logout_requests: (tx: Stores, now: number, limit: number) => tx.logouts.removeExpired(now, limit),
    logout_deliveries: (tx: Stores, now: number, limit: number) => tx.logoutDeliveries.removeExpired(now, limit),
    client_assertions: (tx: Stores, now: number, limit: number) => tx.assertions.removeExpired(now, limit),
    audit_records: (tx: Stores, now: number, limit: number) => tx.audit.removeExpired(now, limit),
  }
  const deliver = deliverLogouts({ ...act, ring, issuer, fetch, fence: live.fence })
  const removeSessions = removeEndedSessions(sessionEnd)
  const ended = removeEnded(
    {
      sessions: removeSessions,
      grants: (now) => transaction((tx) => tx.removals.grants(now, mostRemovedAtOnce)),
      consents: (now) => transaction((tx) => tx.removals.consents(now, mostRemovedAtOnce)),
      clients: (now) => transaction((tx) => tx.removals.clients(now, mostRemovedAtOnce)),
    },
    telemetry,
  )
  const jobs = runJobs([removeExpired({ transaction, stores: expiring, telemetry }), logoutDeliveries(deliver), ended], {
    clock,
    telemetry,
  })
  return {
    public: publicListener,
    admin: adminListener,
    stop() {
      jobs.stop()
      fetch.stop(fetchesEnd)
    },
    async close() {
      await jobs[Symbol.asyncDispose]()
      await fetch[Symbol.asyncDispose]()
      await bcrypt[Symbol.asyncDispose]()
      await database.close()
    },
  }
}
