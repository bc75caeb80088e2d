import { isLoopback } from './loopback.ts'
import type { Lookup } from './setting.ts'

/** A rule about several settings. Returns `<key>: <what is wrong>; <what to write>`, or undefined. */
type Rule = (of: Lookup, isWritten: (key: string) => boolean) => string | undefined

export const contradictions: readonly Rule[] = [
  (of) => isOpenToEavesdroppers('urls.self.issuer', of),
  (of) => isOpenToEavesdroppers('urls.self.public', of),
  adminListenerIsUnguarded,
  listenersCollide,
  credentialsForEveryOrigin,
  graceIsTooLong,
  pairwiseHasNoSalt,
  tracesHaveNoReceiver,
  usersOutsideDevelopment,
  (of, isWritten) => hasNoSecret('secrets.system', of, isWritten),
  (of, isWritten) => hasNoSecret('secrets.cookie', of, isWritten),
  (of, isWritten) => hasNoSecret('secrets.pagination', of, isWritten),
]

/** RFC 8414 §2, RFC 7592 §2: tokens and secrets are sent there. `urls.self.public` is reported only if it differs from the issuer. */
function isOpenToEavesdroppers(key: string, of: Lookup): string | undefined {
  const url = of(key) as string | undefined
  if (url === undefined || of('dev') === true || (key !== 'urls.self.issuer' && url === of('urls.self.issuer'))) return undefined
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopback(hostname)) return undefined
  return `${key}: ${JSON.stringify(url)} is not https; write an https URL, or set dev: true on a developer's machine`
}

function adminListenerIsUnguarded(of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  const host = of('serve.admin.host') as string
  if (isWritten('serve.admin.auth') || isLoopback(host)) return undefined
  const where = host === '' ? 'every interface' : host
  return `serve.admin.auth: is not set while serve.admin.host is ${where}, so every caller that reaches the admin listener would have full access; \
bind it to 127.0.0.1, or add these lines (keep the token itself out of the configuration: TOKEN=$(openssl rand -hex 32)):
    serve:
      admin:
        auth:
          bearer:
            - name: operator
              sha256: the output of printf %s "$TOKEN" | sha256sum
  or, if a proxy in front of it controls access:
    serve:
      admin:
        auth: none`
}

function listenersCollide(of: Lookup): string | undefined {
  const port = of('serve.public.port')
  if (port === 0 || port !== of('serve.admin.port')) return undefined
  return `serve.admin.port: ${port} is also the port of the public listener; write another one`
}

/** The CORS protocol forbids it. A server that returns the caller's origin instead would let every site use its cookies. */
function credentialsForEveryOrigin(of: Lookup): string | undefined {
  const everyone = (of('serve.public.cors.allowed_origins') as readonly string[]).includes('*')
  if (!everyone || of('serve.public.cors.allow_credentials') !== true) return undefined
  return 'serve.public.cors.allow_credentials: is true while serve.public.cors.allowed_origins has *; name the origins, or write false'
}

function tracesHaveNoReceiver(of: Lookup): string | undefined {
  if (of('tracing.provider') !== 'otel' || of('tracing.providers.otlp.server_url') !== undefined) return undefined
  return 'tracing.providers.otlp.server_url: is not set while tracing.provider is otel; write a host with a port, such as localhost:4318'
}

/** Passwords in a file, without a second factor, recovery or account locking, are sufficient for development only. */
function usersOutsideDevelopment(of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  if (of('dev') === true || !isWritten('users') || (of('users') as readonly unknown[] | undefined)?.length === 0) return undefined
  return "users: are for a developer's machine, and dev is not set; remove them and use a login application of your own (urls.login), or write dev: true"
}

/** Hydra's limits: a grace period without a limit on reuses must be short. */
function graceIsTooLong(of: Lookup): string | undefined {
  const [period, reuses] = ['rotation_grace_period', 'rotation_grace_reuse_count'].map(
    (name) => of(`oauth2.grant.refresh_token.${name}`) as number,
  )
  const most = reuses ? 180 * 24 * 3_600_000 : 300_000
  if ((period ?? 0) <= most) return undefined
  return `oauth2.grant.refresh_token.rotation_grace_period: is longer than ${reuses ? '180 days; write 4320h or less' : '5m; write 5m or less, or set oauth2.grant.refresh_token.rotation_grace_reuse_count'}`
}

/** Without a salt, anyone who knows a subject can compute its pairwise subjects for all clients (OpenID Connect Core §8.1). */
function pairwiseHasNoSalt(of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  const types = of('oidc.subject_identifiers.supported_types') as readonly string[]
  if (!types.includes('pairwise') || isWritten('oidc.subject_identifiers.pairwise.salt')) return undefined
  return 'oidc.subject_identifiers.pairwise.salt: is not set while oidc.subject_identifiers.supported_types has pairwise; write 8 characters or more, such as the output of `openssl rand -hex 16`'
}

function hasNoSecret(key: string, of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  const list = of(key) as readonly string[] | undefined
  return isWritten(key) && list?.length === 0 ? `${key}: is an empty list; write at least one text of 16 characters or more` : undefined
}
