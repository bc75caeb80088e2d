import {
  audit,
  cgroups,
  db,
  dev,
  dsn,
  feature_flags,
  hsm,
  log,
  profiling,
  secrets,
  sqa,
  tracing,
  urls,
  users,
  version,
} from './schema/process.ts'
import { clients, oidc, webfinger } from './schema/registry.ts'
import { serve } from './schema/serve.ts'
import { oauth2, strategies, ttl } from './schema/tokens.ts'
import { group, type Resolved } from './setting.ts'

/** Every key that a configuration may have, in the order of docs/operations.md. Other keys are refused. */
export const schema = group({
  dsn,
  dev,
  urls,
  users,
  serve,
  oidc,
  clients,
  webfinger,
  oauth2,
  strategies,
  ttl,
  audit,
  log,
  secrets,
  tracing,
  hsm,
  db,
  sqa,
  profiling,
  cgroups,
  feature_flags,
  version,
})

/** The honoured settings, nested as in YAML, with defaults, frozen. Durations are milliseconds. Without the secrets. */
export type Config = Resolved<typeof schema, false>

/** Never logged, never shown. The first of each list encrypts, all of them decrypt. Each list has at least one entry. */
export type Secrets = Resolved<typeof schema, true>['secrets']
