import type { Config } from './config/schema.ts'
import type { AuthorizationSettings } from './core/authorization/check-authorization-request.ts'
import type { EntitlementSettings } from './core/clients/entitlements.ts'
import { openScopes, type RegistrationPolicy } from './core/policies/built-in-policy.ts'
import type { PersonGrantSettings } from './core/token-endpoint/issue-for-grant.ts'
import type { JwtSettings } from './core/tokens/jwt-access-token.ts'
import type { DiscoverySettings } from './http/oauth/discovery.ts'
import type { RedirectSettings } from './http/oauth/to-client.ts'
import type { CorsSettings } from './http/server/cors.ts'
import { type AddressRange, parseRange } from './lib/address-range.ts'
import type { Fence } from './lib/fence.ts'
import { derived, type Live } from './lib/live.ts'
import type { HydraRules } from './protocol/hydra-client.ts'
import type { MetadataSettings } from './protocol/metadata-rule.ts'
import { matchScopeByWildcard, matchScopeExactly } from './protocol/scope.ts'

/** The settings of each module, derived from the current configuration and recomputed when it changes. */
export function liveSettings(config: Live<Config>) {
  const policy = derived(
    config,
    ({ oidc: { dynamic_client_registration: open } }): RegistrationPolicy => ({
      defaultScope: open.default_scope ?? hydraDefaultScope,
      allowedScope: open.allowed_scope,
      allowedAudience: open.allowed_audience,
    }),
  )
  const entitlements = derived(
    config,
    ({ strategies, oidc }): EntitlementSettings => ({
      matchScope: strategies.scope === 'exact' ? matchScopeExactly : matchScopeByWildcard,
      audiencesAreManaged: oidc.dynamic_client_registration.allowed_audience !== undefined,
    }),
  )
  const metadataSettings = derived(
    config,
    ({ oidc, clients }): Omit<MetadataSettings, 'signingAlgs'> => ({
      dotlessSchemes: oidc.dynamic_client_registration.redirect_schemes,
      fence: fenceOf(clients.http),
      subjectTypes: subjectTypes(oidc),
    }),
  )
  return {
    policy,
    fence: derived(config, ({ clients }) => fenceOf(clients.http)),
    trustedProxies: derived(config, ({ serve }) => trustedProxies(serve)),
    registrationRules: metadataSettings,
    hydraRules: derived(config, (): HydraRules => ({ ...metadataSettings(), defaultScope: policy().defaultScope })),
    clientCredentials: derived(config, ({ ttl, strategies, oauth2 }) => ({
      ...entitlements(),
      lifespan: ttl.access_token,
      strategy: strategies.access_token,
      grantAllScopes: oauth2.client_credentials.default_grant_allowed_scope,
      mostTokens: oauth2.access_tokens.most_per_self_registered_client,
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
    authorization: derived(config, ({ oauth2 }): AuthorizationSettings => ({ ...entitlements(), pkceEnforced: oauth2.pkce.enforced })),
    personGrants: derived(
      config,
      ({ ttl, strategies, oauth2 }): PersonGrantSettings => ({
        ...entitlements(),
        accessLifespan: ttl.access_token,
        idLifespan: ttl.id_token,
        refreshLifespan: ttl.refresh_token,
        strategy: strategies.access_token,
        mostTokensOfGrant: oauth2.access_tokens.most_per_grant,
        graceMilliseconds: oauth2.grant.refresh_token.rotation_grace_period,
        graceReuses: oauth2.grant.refresh_token.rotation_grace_reuse_count || Number.MAX_SAFE_INTEGER,
      }),
    ),
    hooks: derived(config, ({ oauth2 }) => ({ tokenHook: oauth2.token_hook, refreshTokenHook: oauth2.refresh_token_hook })),
    requestLifespan: () => config().ttl.login_consent_request,
    sessionLifespan: () => config().ttl.authentication_session,
    codeLifespan: () => config().ttl.auth_code,
    addresses: derived(config, addresses),
    redirects: derived(
      config,
      ({ oauth2, urls }): RedirectSettings => ({ issuer: urls.self.issuer, dummyFragment: oauth2.dummy_fragment }),
    ),
    builtInPages: derived(config, ({ dev, urls }) => ({
      login: dev && urls.login === undefined,
      consent: dev && urls.consent === undefined,
      logout: urls.logout === undefined,
    })),
    users: () => config().users,
    discovery: derived(config, (snapshot) => discoverySettings(snapshot, openScopes(policy()))),
    cors: derived(config, ({ serve }) => corsSettings(serve.public.cors)),
  }
}

/** The URLs of the operator's pages, or those of the built-in ones. */
function addresses({ urls }: Config) {
  const builtIn = `${withoutSlash(urls.self.public)}/oauth2/fallbacks`
  const login = urls.login ?? `${builtIn}/login`
  return {
    login,
    registration: urls.registration ?? login,
    consent: urls.consent ?? `${builtIn}/consent`,
    logout: urls.logout ?? `${builtIn}/logout`,
    loggedOut: urls.post_logout_redirect ?? `${builtIn}/logout/callback`,
    error: urls.error,
  }
}

/** In Hydra's order; without a supported type, `public`. */
function subjectTypes({ subject_identifiers: { supported_types: listed } }: Config['oidc']): readonly string[] {
  const supported = ['public', 'pairwise'].filter((type) => listed.includes(type as 'public'))
  return supported.length > 0 ? supported : ['public']
}

/** The scope that Hydra gives to a client that requests none. */
const hydraDefaultScope = ['offline_access', 'offline', 'openid']

const fenceOf = (http: Config['clients']['http']): Fence => ({
  allowPrivate: !http.disallow_private_ip_ranges,
  exceptions: http.private_ip_exception_urls,
})

/** Hydra's two `allow_termination_from` keys list the proxies that terminate TLS, so these addresses are trusted proxies, too. */
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
    userinfoEndpoint: shown.userinfo_url ?? `${base}/userinfo`,
    endSessionEndpoint: `${base}/oauth2/sessions/logout`,
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

export const withoutSlash = (url: string): string => url.replace(/\/+$/, '')
export const hostOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).host)
