import { isLoopback } from './loopback.ts'
import type { Lookup } from './setting.ts'

/** Rules that hold between settings. Each answers `<key>: <what is wrong>; <what would be right>`, or nothing. */
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

/** RFC 8414 §2, RFC 7592 §2: tokens and secrets travel there. `urls.self.public` is named only if it was written itself. */
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
  return `serve.admin.auth: is not set while serve.admin.host is ${where}, so whoever reaches the admin listener could do anything; \
bind it to 127.0.0.1, or add these lines (the token itself is only with its user: TOKEN=$(openssl rand -hex 32)):
    serve:
      admin:
        auth:
          bearer:
            - name: operator
              sha256: the output of printf %s "$TOKEN" | sha256sum
  or, if something in front of it decides who may enter:
    serve:
      admin:
        auth: none`
}

function listenersCollide(of: Lookup): string | undefined {
  const port = of('serve.public.port')
  if (port === 0 || port !== of('serve.admin.port')) return undefined
  return `serve.admin.port: ${port} is the port of the public listener, too; write another one`
}

/** The CORS protocol forbids it, and a server that mirrors the origin instead opens its cookies to every site. */
function credentialsForEveryOrigin(of: Lookup): string | undefined {
  const everyone = (of('serve.public.cors.allowed_origins') as readonly string[]).includes('*')
  if (!everyone || of('serve.public.cors.allow_credentials') !== true) return undefined
  return 'serve.public.cors.allow_credentials: is true while serve.public.cors.allowed_origins has *; name the origins, or write false'
}

function tracesHaveNoReceiver(of: Lookup): string | undefined {
  if (of('tracing.provider') !== 'otel' || of('tracing.providers.otlp.server_url') !== undefined) return undefined
  return 'tracing.providers.otlp.server_url: is not set while tracing.provider is otel; write a host with a port, such as localhost:4318'
}

/** Passwords in a file, without a second factor, recovery or a way to lock anybody out: enough to try things out, and no more. */
function usersOutsideDevelopment(of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  if (of('dev') === true || !isWritten('users') || (of('users') as readonly unknown[] | undefined)?.length === 0) return undefined
  return "users: are for a developer's machine, and dev is not set; remove them and let people sign in at an application of yours (urls.login), or write dev: true"
}

/** Hydra's bounds: a grace period in which a token may be used any number of times must be short. */
function graceIsTooLong(of: Lookup): string | undefined {
  const [period, reuses] = ['rotation_grace_period', 'rotation_grace_reuse_count'].map(
    (name) => of(`oauth2.grant.refresh_token.${name}`) as number,
  )
  const most = reuses ? 180 * 24 * 3_600_000 : 300_000
  if ((period ?? 0) <= most) return undefined
  return `oauth2.grant.refresh_token.rotation_grace_period: is longer than ${reuses ? '180 days; write 4320h or less' : '5m; write 5m or less, or say in oauth2.grant.refresh_token.rotation_grace_reuse_count how often it may be used'}`
}

/** Without a salt anybody who knows a user's id can work out who he is to every client (OpenID Connect Core §8.1). */
function pairwiseHasNoSalt(of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  const types = of('oidc.subject_identifiers.supported_types') as readonly string[]
  if (!types.includes('pairwise') || isWritten('oidc.subject_identifiers.pairwise.salt')) return undefined
  return 'oidc.subject_identifiers.pairwise.salt: is not set while oidc.subject_identifiers.supported_types has pairwise; write 8 characters or more, such as the output of `openssl rand -hex 16`'
}

function hasNoSecret(key: string, of: Lookup, isWritten: (key: string) => boolean): string | undefined {
  const list = of(key) as readonly string[] | undefined
  return isWritten(key) && list?.length === 0 ? `${key}: is an empty list; write at least one text of 16 characters or more` : undefined
}
