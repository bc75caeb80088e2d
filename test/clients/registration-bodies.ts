/** What a client in use sends to register. `shown` has the members that the response shows differently. */
export interface RegistrationBody {
  readonly client: string
  readonly body: Readonly<Record<string, unknown>>
  readonly shown?: Readonly<Record<string, unknown>>
}

const codeAndRefresh = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const publicApp = { ...codeAndRefresh, token_endpoint_auth_method: 'none' }
const deviceToo = [...codeAndRefresh.grant_types, 'urn:ietf:params:oauth:grant-type:device_code']
const withoutDevice = { grant_types: codeAndRefresh.grant_types }
const native = { application_type: 'native' }
const defaultScope = { scope: 'offline_access offline openid' }

const cursorUris = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]
const vscode = {
  client_name: 'Visual Studio Code',
  client_uri: 'https://code.visualstudio.com',
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}
const vscodeUris = ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/']
const inspector = {
  ...publicApp,
  client_name: 'MCP Inspector',
  client_uri: 'https://github.com/modelcontextprotocol/inspector',
  redirect_uris: ['http://localhost:6274/oauth/callback'],
}

const appKey = {
  kty: 'EC',
  use: 'sig',
  kid: 'k1',
  alg: 'ES256',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
}

export const registrationBodies: readonly RegistrationBody[] = [
  {
    client: 'Claude Code, without scope and application_type',
    body: { ...publicApp, client_name: 'Claude Code', redirect_uris: ['http://localhost:3118/callback'] },
    shown: { ...native, ...defaultScope },
  },
  {
    client: 'Claude Code 2.1',
    body: {
      ...publicApp,
      ...native,
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost:3118/callback'],
      scope: 'offline_access',
    },
  },
  {
    client: 'claude.ai',
    body: {
      ...codeAndRefresh,
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    shown: { application_type: 'web' },
  },
  {
    client: 'claude.ai under its other domain',
    body: {
      ...codeAndRefresh,
      client_name: 'Claude',
      redirect_uris: ['https://claude.com/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  },
  {
    client: 'Cursor with its three redirect URIs',
    body: { ...publicApp, client_name: 'Cursor', redirect_uris: cursorUris },
    shown: native,
  },
  {
    client: 'Cursor with application_type web',
    body: { ...publicApp, client_name: 'Cursor', application_type: 'web', redirect_uris: cursorUris },
    shown: native,
  },
  {
    client: 'VS Code with a grant that is not offered',
    body: { ...vscode, ...native, grant_types: deviceToo, redirect_uris: vscodeUris, scope: 'openid profile' },
    shown: withoutDevice,
  },
  {
    client: 'an earlier VS Code',
    body: { ...vscode, grant_types: deviceToo, redirect_uris: [...vscodeUris, 'http://localhost/', 'http://localhost:33418/'] },
    shown: { ...withoutDevice, ...native },
  },
  {
    client: 'a ChatGPT connector',
    body: {
      ...codeAndRefresh,
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/x7Kd_3-q'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  },
  {
    client: 'a ChatGPT connector at its stable callback',
    body: { ...publicApp, client_name: 'ChatGPT', redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'] },
  },
  {
    client: 'MCP Inspector with an empty scope',
    body: { ...inspector, ...native, scope: '' },
    shown: defaultScope,
  },
  {
    client: 'mcp-remote',
    body: {
      ...publicApp,
      client_name: 'MCP CLI Client',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      redirect_uris: ['http://localhost:3334/oauth/callback'],
      scope: 'openid email profile',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.1.38',
    },
    shown: native,
  },
  {
    client: 'Codex',
    body: {
      ...publicApp,
      ...native,
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:1455/callback'],
      scope: 'openid profile email offline offline_access',
    },
  },
  {
    client: 'the C# SDK',
    body: {
      ...codeAndRefresh,
      ...native,
      client_name: 'MCP C# client',
      client_uri: 'https://example.com',
      redirect_uris: ['http://localhost:1179/callback'],
      scope: 'openid',
      token_endpoint_auth_method: 'client_secret_post',
    },
  },
  {
    client: 'the Python SDK, with all advertised scopes',
    body: {
      ...publicApp,
      ...native,
      client_name: 'Python client',
      redirect_uris: ['http://localhost:3030/callback'],
      scope: 'openid profile email offline offline_access',
    },
  },
  {
    client: 'Copilot CLI',
    body: { ...publicApp, ...native, client_name: 'GitHub Copilot CLI', redirect_uris: ['http://127.0.0.1:50123/'] },
    shown: defaultScope,
  },
  {
    client: 'LM Studio, with hardly any metadata',
    body: { client_name: 'LM Studio', redirect_uris: ['http://127.0.0.1:33389/mcp/oauth/callback'] },
    shown: {
      ...native,
      ...defaultScope,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
  {
    client: 'AppAuth for Android',
    body: {
      ...native,
      redirect_uris: ['com.example.app:/oauth2redirect'],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      subject_type: 'public',
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
  {
    client: 'AppAuth for iOS with a key of its own',
    body: {
      ...native,
      redirect_uris: ['com.example.app:/oauth2redirect/example-provider'],
      jwks: { keys: [appKey] },
      token_endpoint_auth_method: 'private_key_jwt',
    },
  },
  {
    client: 'openid-client, with the metadata of its caller',
    body: { client_name: 'A website', redirect_uris: ['https://rp.example/cb'], token_endpoint_auth_method: 'client_secret_post' },
    shown: { application_type: 'web', grant_types: ['authorization_code'], response_types: ['code'] },
  },
  {
    client: 'Spring',
    body: {
      ...codeAndRefresh,
      client_name: 'spring-client',
      client_uri: 'https://spring.example',
      redirect_uris: ['https://spring.example/login/oauth2/code/mcp'],
      scope: 'openid profile',
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
]
