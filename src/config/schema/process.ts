import { Type } from '../../lib/json-schema.ts'
import { group, honoured, ignored, later, refused, secret } from '../setting.ts'
import { anything, choice, count, dsn as dsnText, duration, flag, listOf, logLevel, ratio, selfUrl, text, url, userList } from './types.ts'

/** Settings of the process: where its data is, who it is, what it says, what it keeps secret. */
export const dsn = honoured(dsnText, {
  description:
    'Where the data is: `sqlite://path/to/file.sqlite`, `postgres://user:password@host/database` (`?max_conns=` sets how many connections, 20 by default), or `memory`, which forgets everything at the end.',
  required: 'write sqlite://path/to/file.sqlite, or memory to try things out',
  sensitive: true,
})

export const dev = honoured(flag, {
  description:
    "For a developer's machine: http is fine, the issuer has a default, a system secret is made, private addresses may be fetched.",
  default: false,
})

export const users = honoured(userList, {
  description:
    'Who may sign in on the built-in pages, under `dev` only: a list of `subject`, `username`, `password` (the output of `clientele generate password-hash`), and `name` and `email` if you like.',
  default: [],
  live: true,
  sensitive: true,
})

export const urls = group({
  self: group({
    issuer: honoured(selfUrl, {
      description:
        'The name of this server in tokens and discovery, compared character for character; https, unless its host is loopback or under `dev`.',
      derived: {
        shown: 'required; `http://127.0.0.1:<serve.public.port>/` under `dev`',
        from: (of) => (of('dev') === true ? `http://127.0.0.1:${of('serve.public.port')}/` : undefined),
      },
      required: 'write the https URL that clients know this server by, such as https://auth.example.com/',
    }),
    public: honoured(selfUrl, {
      description: 'Where the public listener is reached, if not at the issuer; https as for the issuer.',
      derived: { shown: 'the issuer', from: (of) => of('urls.self.issuer') },
    }),
    admin: honoured(selfUrl, { description: 'Where the admin listener is reached; its host is a `Host` that the listener accepts.' }),
  }),
  login: honoured(url, {
    description: 'Page where people log in; unset, a page of ours that works under `dev` only.',
    live: true,
  }),
  registration: honoured(url, {
    description: 'Page where people sign up (`prompt=registration`); unset, `urls.login`.',
    live: true,
  }),
  consent: honoured(url, {
    description: 'Page where people consent; unset, a page of ours that works under `dev` only.',
    live: true,
  }),
  logout: honoured(url, {
    description: 'Page where people confirm a logout; unset, a page of ours.',
    live: true,
  }),
  error: honoured(url, {
    description:
      'Page that is shown what went wrong before a client could be told, as `error` and `error_description`; unset, a page of ours.',
    live: true,
  }),
  post_logout_redirect: honoured(url, {
    description: 'Page after a logout where the client named none; unset, a page of ours.',
    live: true,
  }),
  device: group({
    verification: later(url, 'Page where users enter a user code.'),
    success: later(url, 'Page after a device was let in.'),
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
      'Texts of 16 characters or more that seal keys, cookies and page tokens in the database; the first seals, all of them open. Under `dev` one is made and kept in `./.clientele/secrets.system`.',
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
    description: 'Least severe line that is written: trace, debug, info, warn, error or fatal.',
    default: 'info',
  }),
  format: honoured(choice('json', 'text', 'json_pretty'), {
    description: 'Form of a log line: one line of JSON, text for people, or JSON over several lines.',
    derived: { shown: '`json`; `text` under `dev`', from: (of) => (of('dev') === true ? 'text' : 'json') },
  }),
  leak_sensitive_values: refused(flag, 'Writes secrets to the log.', 'secrets are never written to the log; remove this key', [false]),
  redaction_text: later(text, 'What stands in the log in place of a secret.'),
})

export const audit = group({
  retention: honoured(duration, { description: 'How long audit records are kept.', default: '2160h', live: true }),
})

export const db = group({ ignore_unknown_table_columns: ignored(flag, 'We name every column we read.') })

const noHsm = 'keys in a hardware module are not built, and yours would be made in the database instead; remove this key'

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
    description: 'Sends traces, over OTLP (`otel`), to `tracing.providers.otlp.server_url`; unset, there are none.',
    notYet: {
      value: ['jaeger', 'zipkin'],
      warning:
        'only otel is spoken here, so no traces are sent; write otel and tracing.providers.otlp.server_url (Jaeger takes OTLP itself)',
    },
  }),
  service_name: honoured(text, { description: 'Name of this service in traces.', default: 'clientele' }),
  deployment_environment: honoured(text, { description: 'Name of the environment in traces.' }),
  providers: group({
    otlp: group({
      server_url: honoured(Type.String({ format: 'otlp-server' }), {
        description:
          'Host and port of the receiver of OTLP over HTTP; or `http://` or `https://` before them, which then decides instead of `insecure`.',
      }),
      insecure: honoured(flag, { description: 'Whether it speaks http instead of https.', default: false }),
      sampling: group({
        sampling_ratio: honoured(ratio, {
          description: 'Which part of the traces that start here is sent; one that a caller started is sent if the caller sends it.',
          default: 1,
        }),
      }),
      authorization_header: honoured(text, { description: 'Value of the `Authorization` header for the receiver.', sensitive: true }),
    }),
    jaeger: later(anything, 'Address and sampling of a Jaeger agent.'),
    zipkin: later(anything, 'Address and sampling of a Zipkin server.'),
  }),
})

/** Taken, because nothing needs doing: we send no telemetry home, and the runtime profiles and limits itself. */
export const profiling = ignored(choice('cpu', 'mem'), 'Profiling by Hydra; use the flags of Node.')
export const sqa = group({ opt_out: ignored(flag, 'We send no usage data to anyone.') })
export const cgroups = group({ v1: group({ auto_max_procs_enabled: ignored(flag, 'Node is not limited this way.') }) })
export const feature_flags = group({ legacy_allow_insecure_origins: ignored(flag, 'No behaviour of ours depends on it.') })
export const version = ignored(text, 'The version of Hydra a file was written for.')
