import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Randomness } from '../lib/random.ts'
import { ConfigError } from './config-error.ts'
import { type LoadedConfig, loadConfig } from './load.ts'

const root = mkdtempSync(join(tmpdir(), 'clientele-config-'))
after(() => rmSync(root, { recursive: true }))

type Env = Record<string, string | undefined>
const secret = 'a-system-secret-of-the-tests'
const needed: Env = { DSN: 'memory', URLS_SELF_ISSUER: 'https://auth.example.com/', SECRETS_SYSTEM: secret }

let folders = 0
/** A working directory of its own, with the text as its file if there is one. */
function folderWith(yaml?: string): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  if (yaml !== undefined) writeFileSync(join(folder, 'clientele.yml'), yaml)
  return folder
}

function load(yaml?: string, env: Env = {}, more: { dev?: boolean; randomness?: Randomness; folder?: string } = {}): LoadedConfig {
  const { dev, folder = folderWith(yaml), ...rest } = more
  return loadConfig({ file: yaml === undefined ? undefined : 'clientele.yml', env, overrides: { dev }, workingDirectory: folder, ...rest })
}

function problemsOf(yaml?: string, env: Env = {}): readonly string[] {
  try {
    load(yaml, env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.ok(!error.message.includes(secret))
    return error.problems
  }
  return []
}

/** With everything needed in the environment, what does this file start with? */
const config = (yaml: string) => load(yaml, needed).config
const problems = (yaml: string) => problemsOf(yaml, needed)

test('three settings are required, and all missing ones are reported together', () => {
  assert.deepEqual(
    problemsOf().map((problem) => problem.split(':')[0]),
    ['dsn', 'urls.self.issuer', 'secrets.system'],
  )
})

test('Config has the defaults, durations are milliseconds, and everything is frozen', () => {
  const { config, secrets, warnings } = load(undefined, needed)
  assert.deepEqual(warnings, [])
  assert.equal(config.serve.public.host, '')
  assert.deepEqual([config.serve.public.port, config.serve.admin.port], [4444, 4445])
  assert.equal(config.serve.admin.host, '127.0.0.1')
  assert.equal(config.serve.admin.auth, 'none')
  assert.equal(config.serve.public.cors.enabled, true)
  assert.equal(config.serve.public.cors.allow_credentials, false)
  assert.deepEqual(config.serve.public.cors.allowed_origins, ['*'])
  assert.equal(config.urls.self.public, 'https://auth.example.com/')
  assert.equal(config.urls.self.admin, undefined)
  assert.equal(config.ttl.access_token, 3_600_000)
  assert.equal(config.audit.retention, 2160 * 3_600_000)
  assert.equal(config.clients.http.disallow_private_ip_ranges, true)
  assert.deepEqual([config.log.level, config.log.format], ['info', 'json'])
  assert.equal(config.oidc.dynamic_client_registration.enabled, false)
  assert.equal(config.oidc.dynamic_client_registration.default_scope, undefined)
  assert.ok(config.oidc.dynamic_client_registration.redirect_schemes.includes('cursor'))
  assert.deepEqual(secrets, { system: [secret], cookie: [secret], pagination: [secret] })
  for (const part of [config, config.serve.public.cors.allowed_origins, secrets, secrets.system]) assert.ok(Object.isFrozen(part))
})

test('Config contains only honoured settings, and no secret', () => {
  const { config } = load('serve: {public: {base_url: "https://x"}}', needed)
  assert.ok(!('secrets' in config))
  assert.ok(!('base_url' in config.serve.public))
  assert.ok(!('cgroups' in config))
  assert.ok(!JSON.stringify(config).includes(secret))
})

test('the type of Config is exact: literals, numbers, undefined only for settings without a default', () => {
  const { strategies, ttl, urls, oidc, log } = load(undefined, needed).config
  const typed: [
    'wildcard' | 'exact',
    number,
    string,
    string | undefined,
    readonly ('public' | 'pairwise')[],
    readonly string[] | undefined,
    'json' | 'text' | 'json_pretty',
  ] = [
    strategies.scope,
    ttl.access_token,
    urls.self.public,
    urls.self.admin,
    oidc.subject_identifiers.supported_types,
    oidc.dynamic_client_registration.default_scope,
    log.format,
  ]
  // @ts-expect-error it has no default
  const sure: string = urls.self.admin
  // @ts-expect-error it is not acted on
  void ttl.device_user_code
  assert.deepEqual([typed.length, sure], [7, undefined])
})

test('a hydra.yml is accepted', () => {
  const { config, warnings } = load(`
serve:
  public: {port: 4444, host: 0.0.0.0, cors: {enabled: true, allowed_origins: ["https://*.example.com"], allowed_methods: [GET, POST], allow_credentials: true}}
  admin: {port: 4445, host: localhost}
  tls: {allow_termination_from: [10.0.0.0/8]}
urls:
  self: {issuer: "https://auth.example.com", public: "https://auth.example.com"}
  login: https://id.example.com/login
  consent: https://id.example.com/consent
  logout: https://id.example.com/logout
dsn: sqlite:///var/lib/hydra/db.sqlite?_fk=true
secrets: {system: [youReallyNeedToChangeThis, theOldOneOfLastYear]}
oidc:
  subject_identifiers: {supported_types: [pairwise, public], pairwise: {salt: youReallyNeedToChangeThis}}
  dynamic_client_registration: {enabled: true, default_scope: [openid, offline, offline_access]}
ttl: {access_token: 1h30m, refresh_token: "-1", id_token: 1h}
strategies: {access_token: jwt, scope: exact}
oauth2: {expose_internal_errors: true, pkce: {enforced: false}, hashers: {algorithm: bcrypt, bcrypt: {cost: 8}}, session: {encrypt_at_rest: true}}
log: {level: warning, format: json, leak_sensitive_values: false}
tracing: {provider: otel, providers: {otlp: {server_url: "http://collector:4318"}}}
sqa: {opt_out: true}
version: v26.2.0
`)
  assert.deepEqual(config.dsn, { engine: 'sqlite', path: '/var/lib/hydra/db.sqlite' })
  assert.equal(config.urls.self.issuer, 'https://auth.example.com')
  assert.equal(config.ttl.access_token, 5_400_000)
  assert.equal(config.strategies.scope, 'exact')
  assert.equal(config.strategies.access_token, 'jwt')
  assert.deepEqual(config.oidc.subject_identifiers.supported_types, ['pairwise', 'public'])
  assert.equal(config.log.level, 'warn')
  assert.deepEqual(warnings.map((warning) => warning.split(':')[0]).sort(), [
    'oauth2.expose_internal_errors',
    'oauth2.hashers.algorithm',
    'oauth2.hashers.bcrypt.cost',
  ])
  assert.ok(!warnings.join().includes('youReally'))
})

test('the configuration of the quick start is accepted', () => {
  const yaml = readFileSync(new URL('../../clientele.yml', import.meta.url), 'utf8')
  const folder = folderWith(yaml)
  const { config, warnings } = load(yaml, {}, { folder })
  assert.deepEqual(warnings, [])
  assert.equal(config.oidc.dynamic_client_registration.enabled, true)
  assert.ok(config.oidc.dynamic_client_registration.default_scope?.includes('notes.read'))
  assert.deepEqual(config.dsn, { engine: 'sqlite', path: join(folder, '.clientele/clientele.sqlite') })
})

test('the environment overrides the file, the command line overrides both', () => {
  const yaml = 'dev: false\nserve: {public: {port: 1}}\nlog: {format: json}'
  const { config } = load(yaml, { ...needed, SERVE_PUBLIC_PORT: '2', DEV: 'false' }, { dev: true })
  assert.equal(config.serve.public.port, 2)
  assert.equal(config.dev, true)
})

test('environment variables: booleans as in Go, lists with commas or as JSON, objects as JSON; empty and unknown ones are ignored', () => {
  const auth = { bearer: [{ name: 'operator', sha256: 'AB'.repeat(32) }] }
  const { config, secrets } = load(undefined, {
    ...needed,
    SECRETS_SYSTEM: `["${secret},1","${secret},2"]`,
    OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED: 'T',
    OIDC_DYNAMIC_CLIENT_REGISTRATION_DEFAULT_SCOPE: '[]',
    OIDC_DYNAMIC_CLIENT_REGISTRATION_ALLOWED_SCOPE: 'a, b',
    SERVE_ADMIN_AUTH: JSON.stringify(auth),
    SERVE_PUBLIC_HOST: '',
    SERVE_ADMIN_CORS_ENABLED: 'false',
    SERVE_NOTHING: 'x',
    PATH: '/bin',
  })
  assert.deepEqual(secrets.system, [`${secret},1`, `${secret},2`])
  assert.equal(config.oidc.dynamic_client_registration.enabled, true)
  assert.deepEqual(config.oidc.dynamic_client_registration.default_scope, [])
  assert.deepEqual(config.oidc.dynamic_client_registration.allowed_scope, ['a', 'b'])
  assert.deepEqual(config.serve.admin.auth, { bearer: [{ name: 'operator', sha256: 'ab'.repeat(32) }] })
})

test('a hook is a URL or an object, also in an environment variable', () => {
  const auth = { type: 'api_key', config: { in: 'header', name: 'X-API-Key', value: 'key' } }
  const { oauth2 } = load('oauth2: {token_hook: "https://hook"}', {
    ...needed,
    OAUTH2_REFRESH_TOKEN_HOOK: JSON.stringify({ url: 'http://hook', auth }),
  }).config
  assert.deepEqual(oauth2.token_hook, { url: 'https://hook' })
  assert.deepEqual(oauth2.refresh_token_hook, { url: 'http://hook', apiKey: auth.config })
})

for (const [variable, text, key] of [
  ['DEV', 'yes', 'dev'],
  ['SERVE_PUBLIC_PORT', '44x', 'serve.public.port'],
  ['SERVE_PUBLIC_PORT', '4444.0', 'serve.public.port'],
  ['SERVE_PUBLIC_PORT', '65536', 'serve.public.port'],
  ['SERVE_PUBLIC_CORS_ALLOWED_METHODS', '[GET', 'serve.public.cors.allowed_methods'],
  ['SERVE_ADMIN_AUTH', '{bearer', 'serve.admin.auth'],
] as const) {
  test(`${variable}=${text} is refused, and the message contains the key and the variable`, () => {
    const [problem = '', ...others] = problemsOf(undefined, { ...needed, [variable]: text })
    assert.ok(problem.startsWith(`${key}: (from ${variable}) `), problem)
    assert.match(problem, /; write /)
    assert.deepEqual(others, [])
  })
}

/** Each is one line of a file, and the one line of the refusal. */
const refusals: readonly (readonly [string, string | RegExp])[] = [
  ['serve: {public: {prot: 1}}', 'serve.public.prot: there is no such setting; did you mean serve.public.port?'],
  ['serve: {pubic: {port: 1}}', 'serve.pubic: there is no such setting; did you mean serve.public?'],
  ['issuer: https://x', 'issuer: there is no such setting; did you mean urls.self.issuer?'],
  ['"two\\nlines": 1', /^"two\\nlines": there is no such setting/],
  ['__proto__: {dev: true}', /^__proto__: there is no such setting/],
  ['serve: 5', /^serve: is not a mapping/],
  ['dev: "true"', 'dev: "true" is not a boolean; write true or false'],
  ['serve: {public: {port: "4444"}}', /^serve\.public\.port: "4444" is not a whole number/],
  ['serve: {public: {port: -1}}', /^serve\.public\.port: -1 /],
  ['serve: {public: {port: }}', /^serve\.public\.port: has no value/],
  ['serve: {public: {port: 5000}, admin: {port: 5000}}', /^serve\.admin\.port: 5000 is also the port of the public listener/],
  ['serve: {public: {host: "unix:/run/x"}}', /^serve\.public\.host: "unix:\/run\/x" is a unix socket/],
  ['serve: {public: {host: "http://x"}}', /^serve\.public\.host: /],
  ['ttl: {access_token: 60}', /^ttl\.access_token: 60 is not a text/],
  ['ttl: {access_token: 60d}', /^ttl\.access_token: "60d" is not a duration; write/],
  ['ttl: {access_token: 0s}', /^ttl\.access_token: "0s" is shorter than a second/],
  ['audit: {retention: -1h}', /^audit\.retention: "-1h" /],
  ['strategies: {scope: glob}', 'strategies.scope: "glob" is not one of the choices; write wildcard or exact'],
  ['oauth2: {secret_transport: any}', /^oauth2\.secret_transport: "any" .*either or exact$/],
  ['oidc: {subject_identifiers: {supported_types: [secret]}}', /^oidc\.subject_identifiers\.supported_types: "secret" /],
  ['log: {level: loud}', /^log\.level: "loud" /],
  ['log: {leak_sensitive_values: true}', /^log\.leak_sensitive_values: secrets are never/],
  ['serve: {tls: {enabled: true}}', /^serve\.tls\.enabled: TLS/],
  ['serve: {public: {tls: {cert: {path: /x}}}}', /^serve\.public\.tls\.cert\.path: TLS/],
  ['serve: {admin: {cors: {enabled: true}}}', /^serve\.admin\.cors\.enabled: /],
  ['oauth2: {token_hook: hook}', /^oauth2\.token_hook: the value has a URL that is not/],
  ['oauth2: {refresh_token_hook: {url: "https://hook", auth: {type: none}}}', /^oauth2\.refresh_token_hook: the value has an auth that/],
  ['serve: {cookies: {names: {session: "a b"}}}', /^serve\.cookies\.names\.session: .*is not a cookie name/],
  [
    'oauth2: {grant: {refresh_token: {rotation_grace_period: 6m}}}',
    /^oauth2\.grant\.refresh_token\.rotation_grace_period: is longer than 5m/,
  ],
  ['hsm: {enabled: true}', /^hsm\.enabled: /],
  ['serve: {public: {cors: {allow_credentials: true}}}', /^serve\.public\.cors\.allow_credentials: .*allowed_origins has \*/],
  ['serve: {public: {cors: {allowed_origins: [example.com]}}}', /^serve\.public\.cors\.allowed_origins: "example\.com" is not an origin/],
  ['serve: {public: {cors: {allowed_origins: ["https://a.example/path"]}}}', /is not an origin/],
  ['serve: {public: {cors: {allowed_origins: ["https://*"]}}}', /is not an origin/],
  ['serve: {public: {cors: {allowed_methods: [get]}}}', /"get" is not an HTTP method/],
  ['serve: {public: {cors: {allowed_headers: ["a b"]}}}', /"a b" is not a header name/],
  ['serve: {public: {cors: {allowed_headers: Authorization}}}', /"Authorization" is not a list/],
  ['oidc: {dynamic_client_registration: {default_scope: ["notes.*"]}}', /default_scope: "notes\.\*" contains \*/],
  ['oidc: {dynamic_client_registration: {allowed_scope: ["*"]}}', /allowed_scope: "\*" contains \*/],
  ['oidc: {dynamic_client_registration: {allowed_scope: ["a b"]}}', /allowed_scope: "a b" is not one scope/],
  ['oidc: {dynamic_client_registration: {allowed_audience: [""]}}', /allowed_audience: "" is empty/],
  ['oidc: {dynamic_client_registration: {redirect_schemes: [javascript]}}', /never allowed in redirect URIs/],
  ['oidc: {dynamic_client_registration: {redirect_schemes: [com.example.app]}}', /has a dot/],
  ['oidc: {dynamic_client_registration: {redirect_schemes: ["vscode://"]}}', /is not a URI scheme/],
  ['clients: {http: {private_ip_exception_urls: ["10.0.0.1"]}}', /is not a URL pattern/],
  ['webfinger: {oidc_discovery: {client_registration_url: /clients}}', /^webfinger\.oidc_discovery\.client_registration_url: "\/clients" /],
  ['urls: {self: {admin: localhost}}', /^urls\.self\.admin: "localhost" /],
  ['urls: {self: {public: "http://auth.example.com"}}', /^urls\.self\.public: "http:\/\/auth\.example\.com" is not https/],
]

for (const [yaml, expected] of refusals) {
  test(`refused: ${yaml}`, () => {
    const [problem = '', ...others] = problems(yaml)
    if (typeof expected === 'string') assert.equal(problem, expected)
    else assert.match(problem, expected)
    assert.deepEqual(others, [])
    assert.ok(!problem.includes('\n'))
    assert.match(problem, /; /)
  })
}

test('all problems of a file are reported together', () => {
  assert.equal(problems('dev: 1\nserve: {public: {port: x}, tls: {enabled: true}}\nnope: 1').length, 4)
})

for (const [issuer, expected] of [
  ['http://auth.example.com/', /is not https/],
  ['https://auth.example.com/?x', /query or a fragment/],
  ['https://auth.example.com/#x', /query or a fragment/],
  ['https://auth.example.com/?', /query or a fragment/],
  ['https://user:hunter2@auth.example.com/', /user name or password/],
  ['auth.example.com', /not an absolute https URL/],
  ['https:auth.example.com', /not an absolute https URL/],
  [' https://auth.example.com', /not an absolute https URL/],
] as const) {
  test(`R8414-01: the issuer "${issuer}" is refused`, () => {
    const [problem = '', ...others] = problemsOf(undefined, { ...needed, URLS_SELF_ISSUER: issuer })
    assert.match(problem, /^urls\.self\.issuer: /)
    assert.match(problem, expected)
    assert.ok(!problem.includes('hunter2'))
    assert.deepEqual(others, [])
  })
}

for (const issuer of [
  'https://Auth.Example.com',
  'https://auth.example.com/tenant/',
  'http://127.0.0.1:4444',
  'http://[::1]:1/',
  'http://localhost/',
]) {
  test(`the issuer ${issuer} is kept character for character`, () => {
    assert.equal(load(undefined, { ...needed, URLS_SELF_ISSUER: issuer }).config.urls.self.issuer, issuer)
  })
}

for (const engine of ['postgres', 'postgresql', 'cockroach']) {
  test(`${engine} is PostgreSQL, and Hydra's pool parameters are removed from its URL`, () => {
    const dsn = `${engine}://u:hunter2@db/x?sslmode=disable&max_conns=7&max_idle_conns=4`
    const expected = { engine: 'postgres', url: 'postgres://u:hunter2@db/x?sslmode=disable', connections: 7 }
    assert.deepEqual(load(undefined, { ...needed, DSN: dsn }).config.dsn, expected)
  })
}

for (const dsn of ['postgres://', 'postgres:///x', 'postgres://u:hunter2@db/x?max_conns=many']) {
  test(`dsn ${dsn} is refused unquoted`, () => {
    const [problem = ''] = problemsOf(undefined, { ...needed, DSN: dsn })
    assert.match(problem, /^dsn: /)
    assert.ok(!problem.includes('hunter2'))
  })
}

for (const [dsn, expected] of [
  ['memory', { engine: 'memory' }],
  ['sqlite://:memory:?_fk=true', { engine: 'memory' }],
  ['sqlite:///a/b.sqlite?_fk=true', { engine: 'sqlite', path: '/a/b.sqlite' }],
  ['sqlite://file:/a/b.sqlite?mode=rwc', { engine: 'sqlite', path: '/a/b.sqlite' }],
] as const) {
  test(`dsn ${dsn}`, () => assert.deepEqual(load(undefined, { ...needed, DSN: dsn }).config.dsn, expected))
}

for (const dsn of ['mysql://u:hunter2@db', 'sqlite://', 'sqlite:x', 'x']) {
  test(`dsn ${dsn} is refused unquoted`, () => {
    const [problem = ''] = problemsOf(undefined, { ...needed, DSN: dsn })
    assert.match(problem, /^dsn: .*write sqlite:/)
    assert.ok(!problem.includes('hunter2'))
  })
}

for (const host of ['127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1', 'localhost']) {
  test(`the admin listener on ${host} needs no credentials`, () => {
    assert.equal(config(`serve: {admin: {host: "${host}"}}`).serve.admin.auth, 'none')
  })
}

for (const host of ['0.0.0.0', '', '::', '192.168.1.1', 'admin.internal', '127.example.com', 'localhost.example.com', '127.1']) {
  test(`the admin listener on "${host}" needs credentials or an explicit none, and the lines to add are printed`, () => {
    const yaml = `serve: {admin: {host: "${host}"}}`
    const [problem = '', ...others] = problems(yaml)
    assert.match(problem, /^serve\.admin\.auth: is not set/)
    assert.match(problem, /\n {4}serve:\n {6}admin:\n {8}auth:\n {10}bearer:\n {12}- name: operator\n {14}sha256: /)
    assert.match(problem, /\n {8}auth: none$/)
    assert.deepEqual(others, [])
    assert.equal(config(`serve: {admin: {host: "${host}", auth: none}}`).serve.admin.auth, 'none')
  })
}

const digest = '0123456789abcdef'.repeat(4)
for (const [auth, expected] of [
  ['basic', /neither none nor bearer/],
  ['{}', /neither none nor bearer/],
  ['{bearer: []}', /lists no token/],
  ['{bearer: x}', /neither none nor bearer/],
  [`{bearer: [{name: a, sha256: ${digest}}], basic: x}`, /neither none nor bearer/],
  [`{bearer: [{name: a, sha256: ${digest}}, {name: b, sha256: the-token-itself}]}`, /number 2, whose sha256 is not 64/],
  [`{bearer: [{sha256: ${digest}}]}`, /number 1, without a name/],
  [`{bearer: [{name: a, sha256: ${digest}, role: x}]}`, /an unknown member/],
  [`{bearer: [{name: a, sha256: ${digest}}, {name: a, sha256: ${digest}}]}`, /one name for two tokens/],
] as const) {
  test(`serve.admin.auth: ${auth} is refused, unquoted`, () => {
    const [problem = '', ...others] = problems(`serve: {admin: {auth: ${auth}}}`)
    assert.match(problem, expected)
    assert.ok(!problem.includes('the-token-itself') && !problem.includes(digest))
    assert.deepEqual(others, [])
  })
}

test('secrets: 16 characters each, at least one, never quoted', () => {
  for (const [yaml, expected] of [
    ['secrets: {system: [short-secret]}', /^secrets\.system: entry 1 is shorter than 16/],
    ['secrets: {system: []}', /^secrets\.system: is an empty list/],
    ['secrets: {system: short-secret}', /^secrets\.system: the value is not a list/],
    ['secrets: {system: {short-secret: x}}', /^secrets\.system: the value is not a list/],
    ['secrets: {short-secret-of-mine: x}', /^"?secrets\.…"?: there is no such setting/],
    ['secrets: {cookie: [short-secret]}', /^secrets\.cookie: entry 1 is shorter/],
  ] as const) {
    const { SECRETS_SYSTEM, ...env } = needed
    const found = problemsOf(yaml, yaml.includes('system') ? env : needed)
    assert.match(found[0] ?? '', expected)
    assert.equal(found.length, 1, found.join())
    assert.ok(!found.join().includes('short-secret'))
  }
})

test('secrets for cookies and page tokens can be set separately', () => {
  const { secrets } = load(`secrets: {cookie: [${secret}-of-cookies]}`, needed)
  assert.deepEqual(secrets, { system: [secret], cookie: [`${secret}-of-cookies`], pagination: [secret] })
})

test('an explicit empty list is distinguished from an absent one', () => {
  const { dynamic_client_registration: registration } = config(
    'oidc: {dynamic_client_registration: {default_scope: [], allowed_audience: []}}',
  ).oidc
  assert.deepEqual([registration.default_scope, registration.allowed_audience], [[], []])
})

test('CORS with credentials is accepted for listed origins', () => {
  const { cors } = config(
    'serve: {public: {cors: {allow_credentials: true, allowed_origins: ["https://*.example.com", "http://localhost:*"]}}}',
  ).serve.public
  assert.equal(cors.allow_credentials, true)
})

test('dev: the issuer has a default, private addresses may be fetched, the log is text; each can be overridden', () => {
  const { config } = load('dev: true\nserve: {public: {port: 5001}}', { DSN: 'memory' })
  assert.deepEqual(config.urls.self, { issuer: 'http://127.0.0.1:5001/', public: 'http://127.0.0.1:5001/', admin: undefined })
  assert.equal(config.clients.http.disallow_private_ip_ranges, false)
  assert.equal(config.log.format, 'text')
  const written = load('dev: true\nclients: {http: {disallow_private_ip_ranges: true}}\nlog: {format: json}', {
    DSN: 'memory',
    URLS_SELF_ISSUER: 'http://dev.example.com',
  }).config
  assert.equal(written.clients.http.disallow_private_ip_ranges, true)
  assert.equal(written.log.format, 'json')
  assert.equal(written.urls.self.issuer, 'http://dev.example.com')
})

test('if other users could read the stored system secret, the permissions of file and folder are corrected, with one warning', () => {
  const folder = folderWith()
  const { secrets } = load(undefined, { DSN: 'memory' }, { dev: true, folder })
  const [kept, path] = [join(folder, '.clientele'), join(folder, '.clientele/secrets.system')]
  chmodSync(kept, 0o755)
  chmodSync(path, 0o644)
  const again = load(undefined, { DSN: 'memory' }, { dev: true, folder })
  assert.deepEqual(again.secrets.system, secrets.system)
  assert.deepEqual(
    [kept, path].map((one) => statSync(one).mode & 0o777),
    [0o700, 0o600],
  )
  assert.deepEqual(
    again.warnings.filter((warning) => warning.includes('other users')),
    ['secrets.system: .clientele/secrets.system could be read by other users of this machine; its permissions were corrected'],
  )
  assert.ok(!load(undefined, { DSN: 'memory' }, { dev: true, folder }).warnings.join().includes('other users'))
})

test('dev: a system secret is generated once, from the injected randomness, and only its owner can read it', () => {
  const folder = folderWith()
  const sevens: Randomness = (bytes) => new Uint8Array(bytes).fill(7)
  const { secrets } = load(undefined, { DSN: 'memory' }, { dev: true, folder, randomness: sevens })
  assert.deepEqual(secrets.system, [Buffer.alloc(32, 7).toString('base64url')])
  const path = join(folder, '.clientele/secrets.system')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, '.clientele')).mode & 0o777, 0o700)
  assert.deepEqual(load(undefined, { DSN: 'memory' }, { dev: true, folder }).secrets, secrets)
  writeFileSync(path, 'too-short')
  assert.throws(
    () => load(undefined, { DSN: 'memory' }, { dev: true, folder }),
    (error: ConfigError) => {
      assert.match(error.problems.join(), /^secrets\.system: in \.clientele\/secrets\.system, entry 1 is shorter/)
      return !error.message.includes('too-short')
    },
  )
})

test('dev: no secret is generated if there is another problem, or if one is written', () => {
  const folder = folderWith()
  assert.throws(() => load(undefined, {}, { dev: true, folder }), ConfigError)
  load(undefined, needed, { dev: true, folder })
  assert.throws(() => statSync(join(folder, '.clientele')), { code: 'ENOENT' })
})

test('dev: if no secret can be stored, that is an error', () => {
  const folder = folderWith()
  writeFileSync(join(folder, '.clientele'), '')
  assert.throws(() => load(undefined, { DSN: 'memory' }, { dev: true, folder }), /secrets\.system: cannot be kept .*ENOTDIR|EEXIST/)
})

/** What a file may be other than a mapping in YAML. */
for (const [yaml, expected] of [
  ['dev: true\ndev: false', /^clientele\.yml: line 2 repeats a key; /],
  ['serve:\n  public: {port: 1}\n  public: {port: 2}', /^clientele\.yml: line 3 repeats a key; /],
  [`secrets: {system: [${secret}`, /^clientele\.yml: line \d is not valid YAML/],
  [`secrets:\n  system: "${secret}`, /^clientele\.yml: line \d is not valid YAML/],
  [`dev: true\n\tdsn: ${secret}`, /^clientele\.yml: line 2 /],
  [secret, /^clientele\.yml: is not a mapping/],
  [`- ${secret}`, /^clientele\.yml: is not a mapping/],
  [`dsn: *${secret}`, /^clientele\.yml: has an alias/],
  [`dsn: !${secret} x`, /^clientele\.yml: line 1 has an unknown tag/],
  ['dev: true\n---\ndev: false', /^clientele\.yml: line 2 begins a second document/],
] as const) {
  test(`not a configuration: ${JSON.stringify(yaml)}`, () => {
    const found = problems(yaml)
    assert.match(found[0] ?? '', expected)
    assert.ok(found.every((problem) => problem.startsWith('clientele.yml: ') && !problem.includes('\n')))
  })
}

test('a missing file, or a folder in its place, is one problem in one line', () => {
  const read = (file: string) => loadConfig({ file, env: needed, workingDirectory: root })
  assert.throws(() => read('nowhere.yml'), { problems: ['nowhere.yml: there is no such file; name an existing one with -c'] })
  assert.throws(() => read('.'), { problems: ['.: is a folder; name a file with -c'] })
})

test('an empty file and empty groups are accepted', () => {
  for (const yaml of ['', '# nothing\n', 'serve:\n', 'serve: {public: {cors: }}']) assert.equal(config(yaml).serve.public.port, 4444)
})

test('anchors and merge keys work', () => {
  const { cors } = config(
    'serve: {public: {cors: {allowed_methods: &x [GET], allowed_headers: *x}}, admin: {request_log: {<<: {disable_for_health: true}}}}',
  ).serve.public
  assert.deepEqual(cors.allowed_headers, ['GET'])
})

test('by default the environment is that of the process', () => {
  process.env.TTL_ACCESS_TOKEN = 'not-a-duration'
  try {
    assert.throws(() => loadConfig({ workingDirectory: root }), /ttl\.access_token: \(from TTL_ACCESS_TOKEN\)/)
  } finally {
    delete process.env.TTL_ACCESS_TOKEN
  }
})

const passwordHash = '$argon2id$v=19$m=19456,t=2,p=1$sS+q3rV2YxQJe4eACo8+7w$9fSpdkpA2O65ValZ2xxB+/n+rrZ17q+JJ/sL5/UHYeY'
const users = (...list: unknown[]) => `dev: true\nusers: ${JSON.stringify(list)}`
const ada = { subject: 'user-ada', username: 'ada', password: passwordHash }

test('users of the built-in pages: under dev only, each with a hash, without duplicates; no value is quoted', () => {
  assert.deepEqual(config(users({ ...ada, name: 'Ada' })).users, [{ ...ada, name: 'Ada' }])
  assert.deepEqual(config('dev: true').users, [])
  assert.deepEqual(config('users: []').users, [])
  assert.match(
    problems(`users: ${JSON.stringify([ada])}`).join(),
    /^users: are for a developer's machine, and dev is not set; .*urls\.login/,
  )
  const wrong: [unknown[], RegExp][] = [
    [
      [{ ...ada, password: 'correct horse' }],
      /^users: the value has a user, number 1, whose password is not an argon2id hash; .*password-hash/,
    ],
    [[ada, { ...ada, subject: 'b' }], /two users with one username/],
    [[ada, { ...ada, username: 'b' }], /two users with one subject/],
    [[{ ...ada, subject: '' }], /whose subject is not a text/],
    [[{ ...ada, email: 1 }], /whose email is not a text/],
    [[{ ...ada, role: 'admin' }], /with an unknown member; write subject, username, password, name, email only/],
    [['ada'], /that is not a mapping/],
  ]
  for (const [list, expected] of wrong) {
    const found = problems(users(...list)).join()
    assert.match(found, expected)
    assert.doesNotMatch(found, /correct horse|\$argon2/)
  }
  assert.match(problems('dev: true\nusers: ada').join(), /^users: the value is not a list/)
})

test('over https a setting that prevents the prefix __Host- of a cookie causes a warning', () => {
  const written = (yaml: string, issuer = 'https://auth.example.com/') =>
    load(`urls: {self: {issuer: ${issuer}}}\nserve: {cookies: ${yaml}}`, { ...needed, URLS_SELF_ISSUER: undefined }).warnings.map(
      (warning) => warning.split(':')[0],
    )
  assert.deepEqual(written('{}'), [])
  assert.deepEqual(written('{names: {session: ory_hydra_session}, paths: {session: /}}'), [])
  assert.deepEqual(written('{domain: example.com}'), ['serve.cookies.domain'])
  assert.deepEqual(written('{paths: {session: /oauth2}, names: {login_csrf: a, consent_csrf: b}}'), [
    'serve.cookies.paths.session',
    'serve.cookies.names.login_csrf',
    'serve.cookies.names.consent_csrf',
  ])
  assert.deepEqual(written('{domain: example.com}', 'http://127.0.0.1:4444/'), [])
})
