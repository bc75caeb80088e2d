import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import type { HookCall } from '../../src/core/token-endpoint/hook-call.ts'
import { type Hook, type TokenHookDeps, type TokenHooks, tokenHook } from '../../src/core/token-endpoint/token-hook.ts'
import { answerError } from '../../src/http/errors/answer-error.ts'
import { type FencedFetch, makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { Refusal } from '../../src/lib/refusal.ts'
import { silence } from '../../src/lib/telemetry.ts'
import { Unavailable } from '../../src/lib/unavailable.ts'
import { startPlainWebServer } from '../support/web-server.ts'

// Hydra's oauth2.token_hook and oauth2.refresh_token_hook over real sockets, on loopback without TLS, as an operator may configure them.

const fetch = makeFencedFetch()
after(() => fetch[Symbol.asyncDispose]())

const call: HookCall = {
  grantType: 'authorization_code',
  clientId: 'app',
  subject: 'ann',
  requestedScope: ['openid', 'notes', 'more'],
  grantedScope: ['openid', 'notes'],
  grantedAudience: ['https://api.example/'],
  grantTypes: ['authorization_code'],
  session: { accessToken: { plan: 'free' }, idToken: { name: 'Ann' } },
  payload: () => ({ grant_type: ['authorization_code'], client_id: ['app'] }),
}
const refresh: HookCall = { ...call, grantType: 'refresh_token', grantTypes: ['refresh_token'] }

interface Asked {
  readonly path: string
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the type.
  readonly body: any
}

/** A hook that responds with `answer`. */
async function startHook(answer: (response: ServerResponse, path: string) => void) {
  const asked: Asked[] = []
  const web = await startPlainWebServer(async (request, response) => {
    const { url: path = '', method, headers } = request
    asked.push({ path, method, headers, body: JSON.parse(await text(request)) })
    answer(response, path)
  })
  return { ...web, asked }
}

const status = (code: number, body = '') => startHook((response) => response.writeHead(code).end(body))
const answering = (body: string) => status(200, body)

/** Calls the configured hooks. */
function asking(hooks: Partial<TokenHooks>, more: Partial<TokenHookDeps> = {}) {
  const lines: unknown[] = []
  const telemetry = { log: (...line: unknown[]) => void lines.push(line) }
  const settings = () => ({ tokenHook: undefined, refreshTokenHook: undefined, ...hooks })
  return { lines, ask: tokenHook({ fetch, settings, issuer: 'https://auth.example/', telemetry, ...more }) }
}

const askAt = (url: string, more?: Partial<TokenHookDeps>) => asking({ tokenHook: { url } }, more).ask(call)
const failed = { message: 'hook-failed', reason: { kind: 'hook-failed', hook: 'token_hook' } }
const denied = { message: 'hook-denied', reason: { kind: 'hook-denied', hook: 'token_hook' } }

describe('the response of the hook', () => {
  test('200 replaces the custom claims of both tokens', async () => {
    await using hook = await answering('{"session":{"access_token":{"plan":"paid"},"id_token":{"name":"Bea"}}}')
    assert.deepEqual(await askAt(hook.url), { accessToken: { plan: 'paid' }, idToken: { name: 'Bea' } })
  })

  for (const body of ['{}', '{"session":{}}', '{"session":null}', '{"session":{"access_token":null}}', 'null'])
    test(`200 with ${body}: as in Hydra, no claims are left`, async () => {
      await using hook = await answering(body)
      assert.deepEqual(await askAt(hook.url), { accessToken: {}, idToken: {} })
    })

  test('204 keeps the claims', async () => {
    await using hook = await status(204)
    assert.deepEqual(await askAt(hook.url), call.session)
  })

  test('403 denies the tokens', async () => {
    await using hook = await status(403, '{"error":"no"}')
    await assert.rejects(askAt(hook.url), denied)
  })

  for (const code of [201, 202, 400, 401, 404, 429, 500, 503])
    test(`${code} is a failure`, async () => {
      await using hook = await status(code, '{"session":{}}')
      await assert.rejects(askAt(hook.url), failed)
    })

  const malformed = {
    nothing: '',
    'no JSON': '<html>',
    'a text': '"session"',
    'a list': '[]',
    'a session that is a list': '{"session":[]}',
    'claims that are a text': '{"session":{"access_token":"plan"}}',
    'claims that are a list': '{"session":{"id_token":[1]}}',
    'a member twice': '{"session":{},"session":{}}',
    'what nests too deep': `{"session":{"access_token":{"a":${'['.repeat(40)}${']'.repeat(40)}}}}`,
    'more than 64 KiB': `{"session":{"access_token":{"a":"${'x'.repeat(64 * 1024)}"}}}`,
  }
  for (const [name, body] of Object.entries(malformed))
    test(`200 with ${name} is a failure`, async () => {
      await using hook = await answering(body)
      await assert.rejects(askAt(hook.url), failed)
    })

  test('a redirect is a failure and is not followed', async () => {
    await using target = await status(204)
    await using hook = await startHook((response) => response.writeHead(307, { location: target.url }).end())
    await assert.rejects(askAt(hook.url), failed)
    assert.equal(target.connections(), 0)
  })

  test('a refused connection is a failure', async () => {
    const hook = await status(204)
    await hook[Symbol.asyncDispose]()
    await assert.rejects(askAt(hook.url), failed)
  })
})

describe('a slow hook', () => {
  const listeners: Record<string, RequestListener> = {
    'that sends no response': () => {},
    'that sends an incomplete body': (_request, response) => response.writeHead(200).write('{'),
  }
  for (const [name, listener] of Object.entries(listeners))
    test(`${name}: the call times out, and no token is issued`, async () => {
      await using web = await startPlainWebServer(listener)
      await assert.rejects(askAt(web.url, { deadline: 100 }), failed)
    })

  test('that accepts the connection and sends nothing: the call times out', async () => {
    const silent = createServer(() => {})
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    await assert.rejects(askAt(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`, { deadline: 100 }), failed)
    silent.close()
  })

  test('at shutdown: the caller gets an error to retry, and the hook is not logged as failed', async () => {
    const lines: unknown[] = []
    const stopped: FencedFetch = () => Promise.reject(new Unavailable('the server is stopping', 1))
    const telemetry = { log: (...line: unknown[]) => void lines.push(line) }
    await assert.rejects(askAt('http://hook.example/', { fetch: stopped, telemetry }), Unavailable)
    assert.deepEqual(lines, [])
  })

  test('times out after five seconds', async () => {
    let given = 0
    const impatient: FencedFetch = async (_url, { timeout }) => {
      given = timeout
      return { status: 204, headers: {}, body: '' }
    }
    await askAt('http://hook.example/', { fetch: impatient })
    assert.equal(given, 5_000)
  })
})

describe('the request to the hook', () => {
  test("is Hydra's body of token_hook, as JSON by POST, to exactly the configured URL", async () => {
    await using hook = await status(204)
    await askAt(`${hook.url}/a/*?tenant=1`)
    const [asked] = hook.asked
    assert.deepEqual([asked?.method, asked?.path], ['POST', '/a/*?tenant=1'])
    assert.equal(asked?.headers['content-type'], 'application/json; charset=UTF-8')
    assert.deepEqual(asked?.body, {
      session: {
        id_token: {
          id_token_claims: { iss: 'https://auth.example/', sub: 'ann', aud: ['app'], ext: { name: 'Ann' } },
          headers: { extra: {} },
          username: '',
          subject: 'ann',
        },
        extra: { plan: 'free' },
        client_id: 'app',
      },
      request: {
        client_id: 'app',
        requested_scopes: ['openid', 'notes', 'more'],
        granted_scopes: ['openid', 'notes'],
        granted_audience: ['https://api.example/'],
        grant_types: ['authorization_code'],
        payload: { grant_type: ['authorization_code'], client_id: ['app'] },
      },
    })
  })

  test("is Hydra's body of refresh_token_hook, at a refresh only", async () => {
    await using hook = await status(204)
    const { ask } = asking({ refreshTokenHook: { url: hook.url } })
    assert.equal(await ask(call), call.session)
    assert.equal(hook.asked.length, 0)
    await ask(refresh)
    const { session, ...told } = hook.asked[0]?.body ?? {}
    assert.deepEqual(session.extra, { plan: 'free' })
    assert.deepEqual(told, {
      subject: 'ann',
      requester: {
        client_id: 'app',
        granted_scopes: ['openid', 'notes'],
        granted_audience: ['https://api.example/'],
        grant_types: ['refresh_token'],
      },
      client_id: 'app',
      granted_scopes: ['openid', 'notes'],
      granted_audience: ['https://api.example/'],
    })
  })

  test('at a refresh goes to both hooks, refresh_token_hook first, and the second gets the claims of the first', async () => {
    await using hook = await startHook((response, path) =>
      path === '/old' ? response.end('{"session":{"access_token":{"plan":"old"}}}') : response.writeHead(204).end(),
    )
    const { ask } = asking({ tokenHook: { url: `${hook.url}/new` }, refreshTokenHook: { url: `${hook.url}/old` } })
    assert.deepEqual(await ask(refresh), { accessToken: { plan: 'old' }, idToken: {} })
    assert.deepEqual(
      hook.asked.map(({ path }) => path),
      ['/old', '/new'],
    )
    assert.deepEqual(hook.asked[1]?.body.session.extra, { plan: 'old' })
  })

  test('is not sent to the second hook if the first denies', async () => {
    await using hook = await status(403)
    const { ask } = asking({ tokenHook: { url: hook.url }, refreshTokenHook: { url: hook.url } })
    await assert.rejects(ask(refresh), { reason: { kind: 'hook-denied', hook: 'refresh_token_hook' } })
    assert.equal(hook.asked.length, 1)
  })

  test('is not sent without a configured hook, and the session is unchanged', async () => {
    const untouched: FencedFetch = () => Promise.reject(new Error('was called'))
    assert.equal(await asking({}, { fetch: untouched }).ask(refresh), call.session)
  })

  test('uses the settings at the time of each request', async () => {
    await using hook = await status(403)
    let url: string | undefined
    const { ask } = asking({}, { settings: () => ({ tokenHook: url === undefined ? undefined : { url }, refreshTokenHook: undefined }) })
    await ask(call)
    url = hook.url
    await assert.rejects(ask(call), denied)
  })
})

describe('the API key for the hook', () => {
  const value = 'hunter2-is-the-key'

  test('is sent in the configured header', async () => {
    await using hook = await status(204)
    await asking({ tokenHook: { url: hook.url, apiKey: { in: 'header', name: 'X-API-Key', value } } }).ask(call)
    assert.equal(hook.asked[0]?.headers['x-api-key'], value)
    assert.equal(hook.asked[0]?.headers.cookie, undefined)
  })

  test('is sent in the configured cookie', async () => {
    await using hook = await status(204)
    await asking({ tokenHook: { url: hook.url, apiKey: { in: 'cookie', name: 'hook', value } } }).ask(call)
    assert.equal(hook.asked[0]?.headers.cookie, `hook=${value}`)
  })

  test('is neither logged nor shown to the caller, and neither is the URL', async () => {
    await using hook = await startHook((response, path) => {
      if (path.startsWith('/redirect')) response.writeHead(302, { location: `/?key=${value}` }).end()
      else response.writeHead(path.startsWith('/deny') ? 403 : 200).end(`${value}`)
    })
    const away = 'http://127.0.0.1:1'
    const said: string[] = []
    for (const url of [`${hook.url}/`, `${hook.url}/deny`, `${hook.url}/redirect`, away])
      for (const place of ['header', 'cookie'] as const) {
        const set: Hook = { url: `${url}?secret=${value}`, apiKey: { in: place, name: 'key', value } }
        const { ask, lines } = asking({ tokenHook: set })
        const error = await ask(call).catch((reason: unknown) => reason)
        assert.ok(error instanceof Refusal)
        const telemetry = { ...silence, log: (...line: unknown[]) => void lines.push(line) }
        said.push(JSON.stringify(lines), JSON.stringify(answerError(error, 'oauth', telemetry, 'r1')))
        assert.notEqual(lines.length, 0)
      }
    assert.ok(!said.join().includes(value), said.join('\n'))
  })
})

describe('the error response of the token endpoint', () => {
  for (const [kind, status, code] of [
    ['hook-denied', 403, 'access_denied'],
    ['hook-failed', 500, 'server_error'],
  ] as const)
    test(`${kind}: ${status} ${code}`, () => {
      const answer = answerError(new Refusal({ kind, hook: 'token_hook' }), 'oauth', silence, 'r1')
      assert.equal(answer.status, status)
      assert.deepEqual(JSON.parse(String(answer.body)), {
        error: code,
        error_description: 'The token hook target responded with an error.',
      })
    })
})
