import packageJson from '../package.json' with { type: 'json' }
import type { Config, Secrets } from './config/schema.ts'
import { makeAudit } from './core/audit/audit.ts'
import { checkAuthorizationRequest } from './core/authorization/check-authorization-request.ts'
import { authenticateClient } from './core/clients/authenticate-client.ts'
import { makeRemoteKeys } from './core/clients/remote-keys.ts'
import { ChosenSecrets } from './core/clients/secrets.ts'
import { spendingOnRefusal } from './core/clients/spend-assertion.ts'
import { verifyAssertion } from './core/clients/verify-assertion.ts'
import { verifySecret } from './core/clients/verify-secret.ts'
import { clientCredentialsGrant, clientCredentialsGrantType } from './core/grants/client-credentials.ts'
import { tokenEndpoint } from './core/grants/token-endpoint.ts'
import { createKey } from './core/keys/create-key.ts'
import { deleteKeys } from './core/keys/delete-keys.ts'
import { KeyRing } from './core/keys/key-ring.ts'
import { openSigningKeys } from './core/keys/open-signing-keys.ts'
import { publishedKeys } from './core/keys/published-keys.ts'
import { readKey, readKeySet } from './core/keys/read-keys.ts'
import { replaceKey, replaceKeySet } from './core/keys/replace-keys.ts'
import { openScopes, type RegistrationPolicy } from './core/policies/built-in-policy.ts'
import { createClient } from './core/registration/create-client.ts'
import { deleteClientByAdmin, deleteClientByOwner } from './core/registration/delete-client.ts'
import { issueRegistrationToken } from './core/registration/issue-registration-token.ts'
import { patchClient } from './core/registration/patch-client.ts'
import { readClient } from './core/registration/read-client.ts'
import { registerClient } from './core/registration/register-client.ts'
import { findOrRefuse, replaceClient } from './core/registration/replace-client.ts'
import { forgetRotatedSecrets, rotateSecret } from './core/registration/rotate-secret.ts'
import { sectorFault } from './core/registration/sector-identifier.ts'
import { setLifespans } from './core/registration/set-lifespans.ts'
import { updateClient } from './core/registration/update-client.ts'
import { endTokens } from './core/tokens/end-tokens.ts'
import { introspectToken } from './core/tokens/introspect-token.ts'
import { issueAccessToken } from './core/tokens/issue-access-token.ts'
import { type JwtSettings, readAccessToken, signAccessToken } from './core/tokens/jwt-access-token.ts'
import { revokeToken } from './core/tokens/revoke-token.ts'
import * as adminClients from './http/admin/clients.ts'
import { deleteTokens } from './http/admin/delete-tokens.ts'
import { adminFence } from './http/admin/fence.ts'
import { introspect } from './http/admin/introspect.ts'
import * as adminKeys from './http/admin/keys.ts'
import { listClients } from './http/admin/list-clients.ts'
import { makePageTokens } from './http/admin/page-token.ts'
import { adminRoutes, withAdminPrefix } from './http/admin.ts'
import { clientAddress } from './http/client-address.ts'
import { alive, metrics, ready, version as versionHandler } from './http/health.ts'
import { type CorsSettings, makeListener } from './http/listener.ts'
import { authorize } from './http/oauth/authorize.ts'
import { deleteConfiguration, readConfiguration, updateConfiguration } from './http/oauth/client-configuration.ts'
import { type DiscoverySettings, discovery } from './http/oauth/discovery.ts'
import { jwks } from './http/oauth/jwks.ts'
import { register } from './http/oauth/register.ts'
import { revoke } from './http/oauth/revoke.ts'
import { token } from './http/oauth/token.ts'
import { describeApi } from './http/openapi/api-description.ts'
import { publicRoutes } from './http/public.ts'
import { removeExpired } from './jobs/remove-expired.ts'
import { runJobs } from './jobs/runner.ts'
import { type AddressRange, parseRange, plainAddress } from './lib/address-range.ts'
import { Bcrypt } from './lib/bcrypt.ts'
import type { Clock } from './lib/clock.ts'
import type { Fence } from './lib/fence.ts'
import type { FencedFetch } from './lib/fenced-fetch.ts'
import { derived, type Live } from './lib/live.ts'
import { makeOutboundFetch } from './lib/outbound-fetch.ts'
import { type Randomness, systemRandomness } from './lib/random.ts'
import { makeSealer } from './lib/seal.ts'
import { type Count, type Telemetry, untraced } from './lib/telemetry.ts'
import type { Transaction } from './lib/transaction.ts'
import type { HydraRules } from './protocol/hydra-client.ts'
import type { RegistrationRules } from './protocol/registration-rules.ts'
import { matchScopeByWildcard, matchScopeExactly } from './protocol/scope.ts'
import { accessTokenStore } from './storage/access-tokens.ts'
import { assertionStore } from './storage/assertions.ts'
import { auditStore } from './storage/audit.ts'
import { clientStore } from './storage/clients.ts'
import type { Database } from './storage/database.ts'
import { openPostgres } from './storage/dialects/postgres.ts'
import { openSqlite } from './storage/dialects/sqlite.ts'
import { migrateUp, migrationStatus, requireSchema } from './storage/migrations.ts'
import { registrationTokenStore } from './storage/registration-tokens.ts'
import { revokedTokenStore } from './storage/revoked-tokens.ts'
import { signingKeyStore } from './storage/signing-keys.ts'
import { makeLogger } from './telemetry/logger.ts'
import { type Metrics, makeMetrics } from './telemetry/metrics.ts'
import { makeTracing, type Tracing } from './telemetry/tracing.ts'

export const version: string = packageJson.version

/** What the process brings to the house. */
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
  readonly public: ReturnType<typeof makeListener>
  readonly admin: ReturnType<typeof makeListener>
  /** Finishes what was begun, then closes the database. The listeners must be closed by then. */
  close(): Promise<void>
}

/** What the process says: log lines to standard output (or to `write`), and metrics. */
export async function makeTelemetry(
  settings: Config['log'],
  write?: (line: string) => void,
  tracing?: Config['tracing'],
): Promise<WatchedTelemetry> {
  const { log, flush } = await makeLogger(settings, write)
  const metrics = makeMetrics()
  const traces = tracing?.provider === 'otel' ? await makeTracing(tracing, version) : undefined
  return { log, count: metrics.count, trace: traces?.trace ?? untraced, flush, metrics, ...(traces && { traces }) }
}

export interface WatchedTelemetry extends Telemetry {
  /** Writes out the lines that are held. */
  flush(): void
  readonly metrics: Metrics
  /** Absent where no traces are kept. */
  readonly traces?: Tracing
}

/** The hash of a password that a person chose, as `users` holds it. */
export const hashPassword = (password: string): Promise<string> => new ChosenSecrets(systemRandomness, new Bcrypt()).hash(password)

/** Opens the database of a configuration, for whoever brings its schema up to date. */
export function openDatabase({ dsn }: Pick<Config, 'dsn'>, count: Count = () => {}) {
  const onOutcomeUnknown = () => count('database_outcome_unknown')
  const database =
    dsn.engine === 'postgres'
      ? openPostgres(dsn.url, { ...dsn, onOutcomeUnknown })
      : openSqlite(dsn.engine === 'memory' ? 'memory' : dsn.path)
  return {
    database,
    migrateUp: () => migrateUp(database),
    migrationStatus: () => migrationStatus(database),
    requireSchema: () => requireSchema(database),
    close: () => database.close(),
  }
}

/** Puts the rooms together: database up to date, keys opened, listeners ready to listen, jobs running. */
export async function makeApp(deps: AppDeps, database: Database): Promise<App> {
  const { config, secrets, clock, randomness, telemetry } = deps
  const fixed = config()

  database.watch(telemetry.metrics.database)
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
  const fetch = deps.fetch ?? makeOutboundFetch({ trace: telemetry.trace })
  const audit = makeAudit({ clock, randomness, telemetry, retention: () => config().audit.retention })
  const owner = {
    ...stores,
    transaction,
    clock,
    randomness,
    audit,
    secrets: chosenSecrets,
    rules: live.registrationRules,
    policy: live.policy,
    sectorFault: sectorFault({ fetch, fence: live.fence, telemetry }),
  }
  const administrator = { ...owner, rules: live.hydraRules }
  const registrationUri = (clientId: string) => `${withoutSlash(fixed.urls.self.public)}/oauth2/register/${encodeURIComponent(clientId)}`

  const keyAdmin = { ...keyDeps, ring, audit, publishBeforeUse: () => config().webfinger.jwks.publish_before_use }
  const { issuer } = fixed.urls.self
  const signJwt = signAccessToken({ ring, issuer, clock, randomness, settings: live.jwt })
  const readJwt = readAccessToken({ ring, issuer, clock })
  const issue = issueAccessToken({ transaction, signJwt, clock, randomness, telemetry })
  const grants = new Map([[clientCredentialsGrantType, clientCredentialsGrant({ issue, settings: live.clientCredentials })]])
  const remoteKeys = makeRemoteKeys({ fetch, fence: live.fence, clock })
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

  const health = { alive, ready: ready({ isReady: () => database.ping() }) }
  const publicListener = makeListener({
    name: 'public',
    face: 'plain',
    routes: publicRoutes(
      {
        ...health,
        ...publicApi.handlers,
        register: register({ registerClient: registerClient(owner), registrationUri }),
        readConfiguration: readConfiguration({ readClient: readClient(stores), registrationUri, echoToken: live.echoToken }),
        updateConfiguration: updateConfiguration({ updateClient: updateClient(owner), registrationUri }),
        deleteConfiguration: deleteConfiguration({ deleteClient: deleteClientByOwner(owner) }),
        authorize: authorize({ check: checkAuthorizationRequest(stores), telemetry }),
        token: token({ tokenEndpoint: tokenEndpoint({ authenticate, spendingOnRefusal: spendingOnRefusal({ transaction }), grants }) }),
        revoke: revoke({
          authenticate,
          revoke: revokeToken({ transaction, readJwt, count: telemetry.count }),
        }),
        jwks: jwks({ publicKeys: publishedKeys({ ring, broadcast: () => config().webfinger.jwks.broadcast_keys }) }),
        discovery: discovery({ settings: live.discovery }),
      },
      registrationIsOn,
      withoutSlash(new URL(fixed.urls.self.issuer).pathname),
    ),
    telemetry,
    bodyLimit: 64 * 1024,
    cors: live.cors,
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
      ...health,
      ...adminApi.handlers,
      listClients: listClients({ list: (page) => stores.clients.list(page), pageTokens }),
      createClient: adminClients.createClient({ create: createClient(administrator), registrationUri }),
      getClient: adminClients.getClient({ get: (clientId) => findOrRefuse(stores, clientId) }),
      setClient: adminClients.setClient({ replace: replaceClient(administrator) }),
      patchClient: adminClients.patchClient({ patch: patchClient(administrator) }),
      deleteClient: adminClients.deleteClient({ remove: deleteClientByAdmin(administrator) }),
      setLifespans: adminClients.setLifespans({ setLifespans: setLifespans(administrator) }),
      rotateSecret: adminClients.changeSecrets({ change: rotateSecret(administrator) }),
      forgetRotatedSecrets: adminClients.changeSecrets({ change: forgetRotatedSecrets(administrator) }),
      newRegistrationToken: adminClients.newRegistrationToken({ issue: issueRegistrationToken(administrator), registrationUri }),
      introspect: introspect({ introspect: introspectToken({ ...stores, readJwt, clock }), issuer }),
      deleteTokens: deleteTokens({ endTokens: endTokens({ transaction, clock, audit }) }),
      getKeySet: adminKeys.getKeySet({ read: readKeySet(keyDeps) }),
      createKey: adminKeys.createKey({ create: createKey(keyAdmin) }),
      setKeySet: adminKeys.setKeySet({ replace: replaceKeySet(keyAdmin) }),
      deleteKeySet: adminKeys.deleteKeySet({ remove: deleteKeys(keyAdmin) }),
      getKey: adminKeys.getKey({ read: readKey(keyDeps) }),
      setKey: adminKeys.setKey({ replace: replaceKey(keyAdmin) }),
      deleteKey: adminKeys.deleteKey({ remove: deleteKeys(keyAdmin) }),
      metrics: metrics({ text: () => telemetry.metrics.text() }),
      version: versionHandler(version),
    }),
    telemetry,
    bodyLimit: 1024 * 1024,
    cors: () => ({ origin: false }),
    addressOf: ({ raw }) => plainAddress(raw.socket.remoteAddress ?? '') ?? '',
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
    client_assertions: (tx: Stores, now: number, limit: number) => tx.assertions.removeExpired(now, limit),
    audit_records: (tx: Stores, now: number, limit: number) => tx.audit.removeExpired(now, limit),
  }
  const jobs = runJobs([removeExpired({ transaction, stores: expiring })], { clock, telemetry })
  return {
    public: publicListener,
    admin: adminListener,
    async close() {
      await jobs[Symbol.asyncDispose]()
      await fetch[Symbol.asyncDispose]()
      await bcrypt[Symbol.asyncDispose]()
      await database.close()
    },
  }
}

/** Every store over one connection: the committed state, or an act's own view. */
function storesOf(db: Database['read']) {
  return {
    clients: clientStore(db),
    registrationTokens: registrationTokenStore(db),
    accessTokens: accessTokenStore(db),
    revokedTokens: revokedTokenStore(db),
    assertions: assertionStore(db),
    signingKeys: signingKeyStore(db),
    audit: auditStore(db),
  }
}

type Stores = ReturnType<typeof storesOf>

/** Each room's own few values of the snapshot in force, made again when that changes. */
function liveSettings(config: Live<Config>) {
  const policy = derived(
    config,
    ({ oidc: { dynamic_client_registration: open } }): RegistrationPolicy => ({
      defaultScope: open.default_scope ?? hydraDefaultScope,
      allowedScope: open.allowed_scope,
      allowedAudience: open.allowed_audience,
    }),
  )
  return {
    policy,
    fence: derived(config, ({ clients }) => fenceOf(clients.http)),
    trustedProxies: derived(config, ({ serve }) => trustedProxies(serve)),
    registrationRules: derived(
      config,
      ({ oidc, clients }): RegistrationRules => ({
        dotlessSchemes: oidc.dynamic_client_registration.redirect_schemes,
        fence: fenceOf(clients.http),
        subjectTypes: subjectTypes(oidc),
      }),
    ),
    hydraRules: derived(
      config,
      ({ clients, oidc }): HydraRules => ({
        defaultScope: policy().defaultScope,
        fence: fenceOf(clients.http),
        subjectTypes: subjectTypes(oidc),
      }),
    ),
    clientCredentials: derived(config, ({ ttl, strategies, oauth2, oidc }) => ({
      lifespan: ttl.access_token,
      strategy: strategies.access_token,
      matchScope: strategies.scope === 'exact' ? matchScopeExactly : matchScopeByWildcard,
      grantAllScopes: oauth2.client_credentials.default_grant_allowed_scope,
      audiencesAreManaged: oidc.dynamic_client_registration.allowed_audience !== undefined,
    })),
    jwt: derived(
      config,
      ({ oauth2, strategies }): JwtSettings => ({
        defaultAudience: oauth2.default_audience,
        scopeClaim: strategies.jwt.scope_claim,
        notBefore: !oauth2.exclude_not_before_claim,
      }),
    ),
    echoToken: () => config().oidc.dynamic_client_registration.echo_token_on_read,
    discovery: derived(config, (snapshot) => discoverySettings(snapshot, openScopes(policy()))),
    cors: derived(config, ({ serve }) => corsSettings(serve.public.cors)),
  }
}

/** Hydra's order, whatever the operator's; none listed is public. */
function subjectTypes({ subject_identifiers: { supported_types: listed } }: Config['oidc']): readonly string[] {
  const supported = ['public', 'pairwise'].filter((type) => listed.includes(type as 'public'))
  return supported.length > 0 ? supported : ['public']
}

/** What Hydra gives a client that names no scope. */
const hydraDefaultScope = ['offline_access', 'offline', 'openid']

const fenceOf = (http: Config['clients']['http']): Fence => ({
  allowPrivate: !http.disallow_private_ip_ranges,
  exceptions: http.private_ip_exception_urls,
})

/** Hydra's two keys say from where TLS may come that a proxy ended, and so which addresses are proxies. */
function trustedProxies({ public: { trusted_proxies, tls }, tls: shared }: Config['serve']): readonly AddressRange[] {
  const written = [...trusted_proxies, ...tls.allow_termination_from, ...shared.allow_termination_from]
  return written.map(parseRange).filter((range) => range !== undefined)
}

function discoverySettings({ urls, webfinger, oidc }: Config, scopes: readonly string[]): DiscoverySettings {
  const base = withoutSlash(urls.self.public)
  const shown = webfinger.oidc_discovery
  const registration = shown.client_registration_url ?? `${base}/oauth2/register`
  return {
    issuer: urls.self.issuer,
    authorizationEndpoint: shown.auth_url ?? `${base}/oauth2/auth`,
    tokenEndpoint: shown.token_url ?? `${base}/oauth2/token`,
    revocationEndpoint: `${base}/oauth2/revoke`,
    jwksUri: shown.jwks_url ?? `${base}/.well-known/jwks.json`,
    registrationEndpoint: oidc.dynamic_client_registration.enabled ? registration : undefined,
    scopes: [...new Set([...scopes, ...shown.supported_scope])],
    subjectTypes: subjectTypes(oidc),
    claims: [...new Set(['sub', ...shown.supported_claims])],
  }
}

function corsSettings(settings: Config['serve']['public']['cors']): CorsSettings {
  if (!settings.enabled) return { origin: false }
  const anyOrigin = settings.allowed_origins.includes('*')
  return {
    origin: anyOrigin ? '*' : settings.allowed_origins.map(originPattern),
    methods: [...settings.allowed_methods],
    allowedHeaders: [...settings.allowed_headers],
    exposedHeaders: [...settings.exposed_headers],
    credentials: settings.allow_credentials,
    ...(settings.max_age > 0 && { maxAge: settings.max_age }),
  }
}

/** `https://*.example.com` stands for any host below example.com, `:*` for any port. */
function originPattern(pattern: string): string | RegExp {
  if (!pattern.includes('*')) return pattern
  const escaped = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace('://*', '://[a-z0-9.-]+')
    .replace(/:\*$/, ':\\d+')
  return new RegExp(`^${escaped}$`, 'i')
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')
const hostOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).host)
