import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { OAuth2Api, type OAuth2Client } from '@ory/hydra-client'
import { decodeJwt } from 'jose'
import { authorizeAddress, Browser, parameterOf } from '../support/browser.ts'
import { isActive } from '../support/login-client.ts'
import type { Received } from '../support/request.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { configuration, oauth2Api, refusal } from './hydra-client.ts'

const home = 'https://rp.example/cb'
const web: OAuth2Client = {
  client_id: 'web',
  client_name: 'Web',
  client_secret: 'a-secret-of-web',
  redirect_uris: [home],
  post_logout_redirect_uris: ['https://rp.example/bye'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid offline photos',
  audience: ['https://api.example/'],
}
const pages = { login: 'https://id.example/login', consent: 'https://id.example/consent', logout: 'https://id.example/logout' }
const pairwise = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a-salt-for-tests' } }
const asked = {
  redirect_uri: home,
  scope: 'openid offline photos',
  audience: 'https://api.example/v1',
  acr_values: 'a1 a2',
  ui_locales: 'de en',
  display: 'page',
  login_hint: 'ada@x.example',
}

/** A login application written with Hydra's SDK, a browser, and a client that an administrator created. */
async function loginApplication(more: OAuth2Client = {}) {
  const server = await startServer({ settings: { urls: pages, oidc: { subject_identifiers: pairwise } } })
  const api = oauth2Api(server)
  const { data: client } = await api.createOAuth2Client({ oAuth2Client: { ...web, ...more } })
  const browser = new Browser(server)
  const arrive = async (answer: Received, step: keyof typeof pages): Promise<string> => {
    assert.ok(String(answer.headers.location).startsWith(`${pages[step]}?`), String(answer.headers.location))
    return parameterOf(answer, `${step}_challenge`)
  }
  const application = {
    server,
    api,
    client,
    browser,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    loginChallenge: async (parameters: Record<string, string> = asked) =>
      arrive(await browser.get(authorizeAddress('web', parameters)), 'login'),
    consentChallenge: async (redirectTo: string) => arrive(await browser.get(redirectTo), 'consent'),
    logoutChallenge: async (path = '/oauth2/sessions/logout') => arrive(await browser.get(path), 'logout'),
    async logIn(parameters = asked, { remember = true } = {}): Promise<string> {
      const loginChallenge = await application.loginChallenge(parameters)
      const acceptOAuth2LoginRequest = { subject: 'ada', remember }
      const { data } = await api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest })
      return application.consentChallenge(data.redirect_to)
    },
    async tokens(remember = false) {
      const consentChallenge = await application.logIn()
      const acceptOAuth2ConsentRequest = { grant_scope: ['openid', 'offline', 'photos'], remember }
      const { data } = await api.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest })
      return exchange(server, parameterOf(await browser.get(data.redirect_to), 'code'))
    },
  }
  return application
}

async function exchange(server: TestServer, code: string) {
  const headers = { authorization: `Basic ${Buffer.from(`${web.client_id}:${web.client_secret}`).toString('base64')}` }
  const publicApi = new OAuth2Api(configuration(server.publicUrl))
  const { data } = await publicApi.oauth2TokenExchange({ grantType: 'authorization_code', code, redirectUri: home }, { headers })
  return { access: String(data.access_token), refresh: String(data.refresh_token), id: String(data.id_token), scope: data.scope }
}

const notFound = { status: 404, error: 'Not Found', description: '' }

suite("Hydra's SDK: a login application", () => {
  test('getOAuth2LoginRequest returns client and request, acceptOAuth2LoginRequest redirects to consent', async () => {
    await using application = await loginApplication()
    const { api } = application
    const loginChallenge = await application.loginChallenge()
    const { data: request } = await api.getOAuth2LoginRequest({ loginChallenge })
    const { challenge, skip, subject, requested_scope, requested_access_token_audience, oidc_context } = request
    assert.deepEqual([challenge, skip, subject], [loginChallenge, false, ''])
    assert.deepEqual(requested_scope, ['openid', 'offline', 'photos'])
    assert.deepEqual(requested_access_token_audience, ['https://api.example/v1'])
    assert.deepEqual(oidc_context, { acr_values: ['a1', 'a2'], ui_locales: ['de', 'en'], display: 'page', login_hint: 'ada@x.example' })
    assert.deepEqual([request.client.client_id, request.client.client_name, request.client.client_secret], ['web', 'Web', undefined])
    assert.equal(new URL(request.request_url).searchParams.get('login_hint'), 'ada@x.example')
    assert.match(String(request.session_id), /^[0-9a-f-]{36}$/)

    const acceptOAuth2LoginRequest = {
      subject: 'ada',
      acr: 'a1',
      amr: ['pwd'],
      context: { from: 'login' },
      remember: true,
      remember_for: 3600,
    }
    const { data } = await api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest })
    const consentChallenge = await application.consentChallenge(data.redirect_to)
    const { data: consent } = await api.getOAuth2ConsentRequest({ consentChallenge })
    assert.deepEqual([consent.challenge, consent.skip, consent.subject, consent.acr], [consentChallenge, false, 'ada', 'a1'])
    assert.deepEqual([consent.amr, consent.context, consent.login_session_id], [['pwd'], { from: 'login' }, request.session_id])
    assert.deepEqual([consent.requested_scope, consent.oidc_context], [requested_scope, oidc_context])
    assert.deepEqual([consent.client?.client_id, consent.request_url], ['web', request.request_url])
    assert.ok(consent.consent_request_id)
  })

  test('acceptOAuth2ConsentRequest: the tokens have exactly what was granted', async () => {
    await using application = await loginApplication()
    const { api, server, browser } = application
    const consentChallenge = await application.logIn()
    const acceptOAuth2ConsentRequest = {
      grant_scope: ['openid', 'photos'],
      grant_access_token_audience: ['https://api.example/v1'],
      session: { access_token: { plan: 'gold' }, id_token: { email: 'ada@x.example', sub: 'somebody-else' } },
    }
    const { data } = await api.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest })
    const back = await browser.get(data.redirect_to)
    assert.equal(parameterOf(back, 'scope'), 'openid photos')
    const tokens = await exchange(server, parameterOf(back, 'code'))
    assert.deepEqual([tokens.scope, tokens.refresh], ['openid photos', 'undefined'])
    const { sub, email } = decodeJwt(tokens.id)
    assert.deepEqual([sub, email], ['ada', 'ada@x.example'])
    const { data: token } = await api.introspectOAuth2Token({ token: tokens.access })
    assert.deepEqual([token.sub, token.scope, token.aud, token.ext], ['ada', 'openid photos', ['https://api.example/v1'], { plan: 'gold' }])
  })

  test('a remembered login has skip: true and accepts no other subject', async () => {
    await using application = await loginApplication()
    const { api } = application
    await application.logIn()
    const loginChallenge = await application.loginChallenge()
    const { data: request } = await api.getOAuth2LoginRequest({ loginChallenge })
    assert.deepEqual([request.skip, request.subject], [true, 'ada'])
    const acceptOAuth2LoginRequest = { subject: 'eve' }
    const { data } = await api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest })
    assert.equal(new URL(data.redirect_to).searchParams.get('prompt'), 'login')
    const anew = parameterOf(await application.browser.get(data.redirect_to), 'login_challenge')
    assert.equal((await api.getOAuth2LoginRequest({ loginChallenge: anew })).data.skip, false)
  })

  test('extend_session_lifespan extends a remembered session', async () => {
    await using application = await loginApplication()
    const { api, browser } = application
    const loginChallenge = await application.loginChallenge()
    const short = { subject: 'ada', remember: true, remember_for: 60 }
    const { data } = await api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest: short })
    await browser.get(data.redirect_to)
    for (const [extend, isCookieSent] of [
      [false, false],
      [true, true],
    ] as const) {
      const again = await application.loginChallenge()
      const acceptOAuth2LoginRequest = { subject: 'ada', remember: true, remember_for: 7200, extend_session_lifespan: extend }
      const accepted = await api.acceptOAuth2LoginRequest({ loginChallenge: again, acceptOAuth2LoginRequest })
      const cookies = [(await browser.get(accepted.data.redirect_to)).headers['set-cookie'] ?? []].flat()
      const session = cookies.filter((line) => line.startsWith('ory_hydra_session'))
      assert.equal(
        session.some((line) => /max-age=7200/i.test(line)),
        isCookieSent,
        cookies.join('\n'),
      )
    }
  })

  test('remembered consent is skipped for the same scope, and not for a wider one', async () => {
    await using application = await loginApplication()
    const { api, browser } = application
    const consentChallenge = await application.logIn({ ...asked, scope: 'openid photos', audience: '' })
    const acceptOAuth2ConsentRequest = { grant_scope: ['openid', 'photos'], remember: true, remember_for: 3600 }
    const { data } = await api.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest })
    assert.notEqual(parameterOf(await browser.get(data.redirect_to), 'code'), '')
    const skipOf = async (scope: string) => {
      const challenge = await application.logIn({ ...asked, scope, audience: '' })
      return (await api.getOAuth2ConsentRequest({ consentChallenge: challenge })).data.skip
    }
    assert.deepEqual([await skipOf('openid'), await skipOf('openid photos offline')], [true, false])
  })

  test('force_subject_identifier is the subject for a pairwise client, and for no other client', async () => {
    const names = { public: 'ada', pairwise: 'a-name-for-web' } as const
    for (const [subject_type, name] of Object.entries(names)) {
      await using application = await loginApplication({ subject_type })
      const { api, server, browser } = application
      const acceptOAuth2LoginRequest = {
        subject: 'ada',
        force_subject_identifier: 'a-name-for-web',
        identity_provider_session_id: 'idp-1',
        remember: true,
      }
      const tokens = async (parameters: Record<string, string>) => {
        const loginChallenge = await application.loginChallenge({ ...asked, ...parameters })
        const { data } = await api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest })
        const consentChallenge = await application.consentChallenge(data.redirect_to)
        const grant = { grant_scope: ['openid'], remember: true }
        const granted = await api.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest: grant })
        return exchange(server, parameterOf(await browser.get(granted.data.redirect_to), 'code'))
      }
      const { id, access } = await tokens({ scope: 'openid', audience: '' })
      assert.equal(decodeJwt(id).sub, name)
      const { data: token } = await api.introspectOAuth2Token({ token: access })
      assert.deepEqual([token.sub, token.obfuscated_subject], ['ada', subject_type === 'public' ? undefined : name])
      for (const prompt of ['none', 'login']) {
        const again = await tokens({ scope: 'openid', audience: '', id_token_hint: id, prompt })
        assert.equal(decodeJwt(again.id).sub, name, prompt)
      }
    }
  })
})

suite("Hydra's SDK: rejections and errors of a login application", () => {
  const rejectOAuth2Request = { error: 'access_denied', error_description: 'Not today.', error_hint: 'Tomorrow.', status_code: 403 }

  test('rejectOAuth2LoginRequest and rejectOAuth2ConsentRequest: the client gets the error', async () => {
    await using application = await loginApplication()
    const { api, browser } = application
    const rejections = [
      async () => api.rejectOAuth2LoginRequest({ loginChallenge: await application.loginChallenge(), rejectOAuth2Request }),
      async () => api.rejectOAuth2ConsentRequest({ consentChallenge: await application.logIn(), rejectOAuth2Request }),
    ]
    for (const reject of rejections) {
      const back = await browser.get((await reject()).data.redirect_to)
      assert.ok(String(back.headers.location).startsWith(`${home}?`), String(back.headers.location))
      assert.deepEqual([parameterOf(back, 'error'), parameterOf(back, 'code')], ['access_denied', ''])
      assert.match(parameterOf(back, 'error_description'), /^Not today\./)
      assert.equal(parameterOf(back, 'state'), 'state-12345678')
    }
  })

  test('an unknown challenge is 404 at each of the nine operations', async () => {
    await using application = await loginApplication()
    const { api } = application
    const [loginChallenge, consentChallenge, logoutChallenge] = Array<string>(3).fill('not-a-challenge') as [string, string, string]
    const calls = [
      api.getOAuth2LoginRequest({ loginChallenge }),
      api.acceptOAuth2LoginRequest({ loginChallenge, acceptOAuth2LoginRequest: { subject: 'ada' } }),
      api.rejectOAuth2LoginRequest({ loginChallenge, rejectOAuth2Request }),
      api.getOAuth2ConsentRequest({ consentChallenge }),
      api.acceptOAuth2ConsentRequest({ consentChallenge, acceptOAuth2ConsentRequest: {} }),
      api.rejectOAuth2ConsentRequest({ consentChallenge, rejectOAuth2Request }),
      api.getOAuth2LogoutRequest({ logoutChallenge }),
      api.acceptOAuth2LogoutRequest({ logoutChallenge }),
      api.rejectOAuth2LogoutRequest({ logoutChallenge }),
    ]
    for (const { status } of await Promise.all(calls.map(refusal))) assert.equal(status, notFound.status)
  })

  test('an acceptance without a subject is 400; a challenge is 409 after the browser has followed the redirect', async () => {
    await using application = await loginApplication()
    const { api } = application
    const loginChallenge = await application.loginChallenge()
    const nobody = { loginChallenge, acceptOAuth2LoginRequest: { subject: '' } }
    assert.equal((await refusal(api.acceptOAuth2LoginRequest(nobody))).status, 400)
    const ada = { loginChallenge, acceptOAuth2LoginRequest: { subject: 'ada' } }
    await application.consentChallenge((await api.acceptOAuth2LoginRequest(ada)).data.redirect_to)
    const { status, error } = await refusal(api.acceptOAuth2LoginRequest(ada))
    assert.deepEqual([status, error], [409, 'Unable to insert or update resource because a resource with that value exists already'])
  })
})

suite("Hydra's SDK: sessions", () => {
  test('listOAuth2ConsentSessions, revokeOAuth2ConsentSessions by id, by client and all: the tokens are revoked', async () => {
    await using application = await loginApplication()
    const { api, server } = application
    const list = async () => (await api.listOAuth2ConsentSessions({ subject: 'ada' })).data
    assert.deepEqual(await list(), [])
    const first = await application.tokens(true)
    const [session] = await list()
    assert.deepEqual([session?.grant_scope, session?.remember], [['openid', 'offline', 'photos'], true])
    const { client, subject, login_session_id } = session?.consent_request ?? {}
    assert.deepEqual([client?.client_id, client?.client_name, subject], ['web', 'Web', 'ada'])
    assert.equal(login_session_id, decodeJwt(first.id).sid)
    assert.ok(!Number.isNaN(Date.parse(String(session?.handled_at))))

    const selections = [
      async () => ({ consentRequestId: String((await list())[0]?.consent_request_id) }),
      async () => ({ subject: 'ada', client: 'web' }),
      async () => ({ subject: 'ada', all: true }),
    ]
    await api.revokeOAuth2ConsentSessions({ subject: 'ada', all: true })
    assert.deepEqual([await isActive(server, first.access), await isActive(server, first.refresh)], [false, false])
    for (const selection of selections) {
      const tokens = await application.tokens(true)
      assert.equal((await list()).length, 1)
      assert.equal((await api.revokeOAuth2ConsentSessions(await selection())).status, 204)
      assert.deepEqual(await list(), [])
      assert.deepEqual([await isActive(server, tokens.access), await isActive(server, tokens.refresh)], [false, false])
    }
    assert.equal((await refusal(api.revokeOAuth2ConsentSessions({ subject: 'ada' }))).status, 400)
  })

  test('listOAuth2ConsentSessions filters by login session and has pages', async () => {
    await using application = await loginApplication()
    const { api, browser } = application
    const { id } = await application.tokens()
    browser.drop('ory_hydra_session')
    await application.tokens()
    const subject = 'ada'
    const loginSessionId = String(decodeJwt(id).sid)
    const { data: ofOne } = await api.listOAuth2ConsentSessions({ subject, loginSessionId })
    assert.deepEqual(
      ofOne.map(({ consent_request }) => consent_request?.login_session_id),
      [loginSessionId],
    )
    const page = await api.listOAuth2ConsentSessions({ subject, pageSize: 1 })
    const [, pageToken = ''] = /page_token=([^&>]+)[^>]*>; rel="next"/.exec(String(page.headers.link)) ?? []
    const next = await api.listOAuth2ConsentSessions({ subject, pageSize: 1, pageToken: decodeURIComponent(pageToken) })
    const ids = [...page.data, ...next.data].map(({ consent_request_id }) => consent_request_id)
    assert.deepEqual([ids.length, new Set(ids).size, ids.includes(ofOne[0]?.consent_request_id)], [2, 2, true])
  })

  test('revokeOAuth2LoginSessions by sid and by subject: the sessions end, the tokens stay active', async () => {
    await using application = await loginApplication()
    const { api, server } = application
    const isKnown = async () => (await api.getOAuth2LoginRequest({ loginChallenge: await application.loginChallenge() })).data.skip
    for (const which of [async (sid: string) => ({ sid }), async () => ({ subject: 'ada' })]) {
      const tokens = await application.tokens()
      assert.equal(await isKnown(), true)
      assert.equal((await api.revokeOAuth2LoginSessions(await which(String(decodeJwt(tokens.id).sid)))).status, 204)
      assert.equal(await isKnown(), false)
      assert.equal(await isActive(server, tokens.refresh), true)
    }
    assert.equal((await refusal(api.revokeOAuth2LoginSessions())).status, 400)
  })
})

suite("Hydra's SDK: a logout application", () => {
  test('getOAuth2LogoutRequest, acceptOAuth2LogoutRequest: the browser is redirected to the client that started the logout', async () => {
    await using application = await loginApplication()
    const { api, browser } = application
    const { id } = await application.tokens()
    const parameters = new URLSearchParams({ id_token_hint: id, post_logout_redirect_uri: 'https://rp.example/bye', state: 'so-long' })
    const logoutChallenge = await application.logoutChallenge(`/oauth2/sessions/logout?${parameters}`)
    const { data: request } = await api.getOAuth2LogoutRequest({ logoutChallenge })
    assert.deepEqual([request.challenge, request.subject, request.sid], [logoutChallenge, 'ada', decodeJwt(id).sid])
    assert.deepEqual([request.rp_initiated, request.client?.client_id], [true, 'web'])
    assert.match(String(request.request_url), /^\/oauth2\/sessions\/logout\?/)
    assert.ok(Date.parse(String(request.expires_at)) > Date.parse(String(request.requested_at)))
    const { data } = await api.acceptOAuth2LogoutRequest({ logoutChallenge })
    const { headers } = await browser.get(data.redirect_to)
    assert.equal(headers.location, 'https://rp.example/bye?state=so-long')
    const { data: login } = await api.getOAuth2LoginRequest({ loginChallenge: await application.loginChallenge() })
    assert.equal(login.skip, false)
  })

  test('rejectOAuth2LogoutRequest: a logout started by the person is cancelled, and the session stays', async () => {
    await using application = await loginApplication()
    const { api } = application
    await application.tokens()
    const logoutChallenge = await application.logoutChallenge()
    const { data: request } = await api.getOAuth2LogoutRequest({ logoutChallenge })
    assert.deepEqual([request.rp_initiated, request.client ?? null], [false, null])
    assert.equal((await api.rejectOAuth2LogoutRequest({ logoutChallenge })).status, 204)
    const { data: login } = await api.getOAuth2LoginRequest({ loginChallenge: await application.loginChallenge() })
    assert.deepEqual([login.skip, login.subject], [true, 'ada'])
  })
})
