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

/** Every key a configuration may have, in the order of the page of settings. What is not here is refused. */
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

/** The honoured settings, as in YAML and with defaults in, frozen. Durations are milliseconds. Secrets are apart. */
export type Config = Resolved<typeof schema, false>

/** Never logged, never shown: the first of each list seals, all of them open. Each list has at least one entry. */
export type Secrets = Resolved<typeof schema, true>['secrets']
