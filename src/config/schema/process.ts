import { Type } from '../../lib/json-schema.ts'
import { group, honoured, ignored, later, refused, secret } from '../setting.ts'
import { anything, choice, count, dsn as dsnText, duration, flag, listOf, logLevel, ratio, selfUrl, text, url, userList } from './types.ts'

/** Settings of the process: database, URLs, secrets, logs and traces. */
export const dsn = honoured(dsnText, {
  description:
    'The database: `sqlite://path/to/file.sqlite`, `postgres://user:password@host/database` (`?max_conns=` sets the maximum number of connections, 20 by default), or `memory`, which is lost when the process ends.',
  required: 'write sqlite://path/to/file.sqlite, or memory for a trial',
  sensitive: true,
})

export const dev = honoured(flag, {
  description:
    "For a developer's machine: http is allowed, the issuer has a default, a system secret is generated, URLs with private addresses may be fetched.",
  default: false,
})

export const users = honoured(userList, {
  description:
    'Users of the built-in sign-in page, under `dev` only: a list of `subject`, `username`, `password` (the output of `clientele generate password-hash`), and optionally `name` and `email`.',
  default: [],
  live: true,
  sensitive: true,
})

export const urls = group({
  self: group({
    issuer: honoured(selfUrl, {
      description:
        'The identifier of this server in tokens and discovery, which clients compare character by character; https, unless its host is loopback or under `dev`.',
      derived: {
        shown: 'required; `http://127.0.0.1:<serve.public.port>/` under `dev`',
        from: (of) => (of('dev') === true ? `http://127.0.0.1:${of('serve.public.port')}/` : undefined),
      },
      required: 'write the https URL by which clients identify this server, such as https://auth.example.com/',
    }),
    public: honoured(selfUrl, {
      description: 'URL of the public listener, if it is not the issuer; https as for the issuer.',
      derived: { shown: 'the issuer', from: (of) => of('urls.self.issuer') },
    }),
    admin: honoured(selfUrl, { description: 'URL of the admin listener, which accepts its host in the `Host` field.' }),
  }),
  login: honoured(url, {
    description: 'Page where people log in. Unset: the built-in page, which works under `dev` only.',
    live: true,
  }),
  registration: honoured(url, {
    description: 'Page where people sign up (`prompt=registration`). Unset: `urls.login`.',
    live: true,
  }),
  consent: honoured(url, {
    description: 'Page where people consent. Unset: the built-in page, which works under `dev` only.',
    live: true,
  }),
  logout: honoured(url, {
    description: 'Page where people confirm a logout. Unset: the built-in page.',
    live: true,
  }),
  error: honoured(url, {
    description: 'Page for errors that cannot be sent to a client; it gets `error` and `error_description`. Unset: the built-in page.',
    live: true,
  }),
  post_logout_redirect: honoured(url, {
    description: 'Page after a logout, if the client named none. Unset: the built-in page.',
    live: true,
  }),
  device: group({
    verification: later(url, 'Page where users enter a user code.'),
    success: later(url, 'Page after a device was authorized.'),
  }),
  identity_provider: group({
    url: later(url, 'Admin API of Ory Kratos.'),
    publicUrl: later(url, 'Public API of Ory Kratos.'),
    headers: later(anything, 'Headers for calls to Ory Kratos.'),
  }),
})

export const secrets = group({
  system: secret(listOf('secret'), {
    description:
      'Texts of 16 characters or more that encrypt private keys in the database, cookies and page tokens. The first one encrypts, all of them decrypt. Under `dev` one is generated and stored in `./.clientele/secrets.system`.',
    required: 'write a list with a text of 16 characters or more, such as the output of `openssl rand -hex 32`',
  }),
  cookie: secret(listOf('secret'), {
    description: 'The same for cookies only.',
    derived: { shown: '`secrets.system`', from: (of) => of('secrets.system') },
  }),
  pagination: secret(listOf('secret'), {
    description: 'The same for page tokens only.',
    derived: { shown: '`secrets.system`', from: (of) => of('secrets.system') },
  }),
})

export const log = group({
  level: honoured(logLevel, {
    description: 'Lowest level that is logged: trace, debug, info, warn, error or fatal.',
    default: 'info',
  }),
  format: honoured(choice('json', 'text', 'json_pretty'), {
    description: 'Format of the log: a line of JSON, readable text, or JSON over several lines.',
    derived: { shown: '`json`; `text` under `dev`', from: (of) => (of('dev') === true ? 'text' : 'json') },
  }),
  leak_sensitive_values: refused(flag, 'Writes secrets to the log.', 'secrets are never written to the log; remove this key', [false]),
  redaction_text: later(text, 'Text that replaces secrets in the log.'),
})

export const audit = group({
  retention: honoured(duration, { description: 'How long audit records are kept.', default: '2160h', live: true }),
})

export const db = group({ ignore_unknown_table_columns: ignored(flag, 'Queries name every column that they read.') })

const noHsm = 'hardware security modules are not supported, and the keys would be stored in the database; remove this key'

export const hsm = group({
  enabled: refused(flag, 'Keeps signing keys in a hardware module.', noHsm, [false]),
  library: refused(text, 'PKCS#11 library.', noHsm),
  pin: refused(anything, 'PIN of the module.', noHsm),
  slot: refused(count(0, 2 ** 31 - 1), 'Slot of the module.', noHsm),
  token_label: refused(text, 'Label of the token.', noHsm),
  key_set_prefix: refused(text, 'Prefix of key set names.', noHsm, ['']),
})

export const tracing = group({
  provider: honoured(choice('otel', 'jaeger', 'zipkin'), {
    description: 'Sends traces, over OTLP (`otel`), to `tracing.providers.otlp.server_url`. Unset: no traces.',
    notYet: {
      value: ['jaeger', 'zipkin'],
      warning: 'only otel is supported, so no traces are sent; write otel and tracing.providers.otlp.server_url (Jaeger accepts OTLP)',
    },
  }),
  service_name: honoured(text, { description: 'Name of this service in traces.', default: 'clientele' }),
  deployment_environment: honoured(text, { description: 'Name of the environment in traces.' }),
  providers: group({
    otlp: group({
      server_url: honoured(Type.String({ format: 'otlp-server' }), {
        description:
          'Host and port of the receiver of OTLP over HTTP, optionally with `http://` or `https://`, which overrides `insecure`.',
      }),
      insecure: honoured(flag, { description: 'Whether http is used instead of https.', default: false }),
      sampling: group({
        sampling_ratio: honoured(ratio, {
          description: 'Fraction of the traces begun here that is sent; a trace that a caller began is sent if the caller samples it.',
          default: 1,
        }),
      }),
      authorization_header: honoured(text, { description: 'Value of the `Authorization` header for the receiver.', sensitive: true }),
    }),
    jaeger: later(anything, 'Address and sampling of a Jaeger agent.'),
    zipkin: later(anything, 'Address and sampling of a Zipkin server.'),
  }),
})

/** Accepted without effect: this server sends no usage data, and Node has flags of its own for profiling and limits. */
export const profiling = ignored(choice('cpu', 'mem'), 'Profiling by Hydra; use the flags of Node.')
export const sqa = group({ opt_out: ignored(flag, 'This server sends no usage data.') })
export const cgroups = group({ v1: group({ auto_max_procs_enabled: ignored(flag, 'Node is not limited this way.') }) })
export const feature_flags = group({ legacy_allow_insecure_origins: ignored(flag, 'Insecure origins are never allowed by this key.') })
export const version = ignored(text, 'The version of Hydra for which a file was written.')
