import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, parameterOf } from '../support/browser.ts'
import { loginRequest, obtainTokens, registerLoginClient } from '../support/login-client.ts'
import { startServer } from '../support/server.ts'

// Names of the cookies, and for how many flows a CSRF value serves.

const issuer = (scheme: string) => ({ urls: { self: { issuer: `${scheme}://127.0.0.1:1/` } } })
const https = issuer('https')

/** Two flows of one browser with one client: the names of its cookies, and whether both flows have one CSRF value. */
async function twoFlows(settings: Record<string, unknown>): Promise<{ names: string[]; isReused: boolean }> {
  await using server = await startServer({ settings })
  const client = await registerLoginClient(server)
  const browser = new Browser(server)
  await obtainTokens(server, client, { browser, login: { remember: true } })
  const names = browser.cookieNames.map((name) => name.replace(/_\d+$/, '')).toSorted()
  const values = []
  for (let flow = 0; flow < 2; flow++) {
    await browser.get(loginRequest(client).address)
    values.push(/login_csrf\w*_\d+=([\w-]{43})/.exec(browser.cookieHeader)?.[1])
  }
  assert.notEqual(values[0], undefined)
  return { names, isReused: values[0] === values[1] }
}

describe('cookies', () => {
  test('over https have the prefix __Host-, and a CSRF value serves the flows of many tabs (RFC 6265bis §4.1.3.2)', async () => {
    const names = ['__Host-ory_hydra_consent_csrf', '__Host-ory_hydra_login_csrf', '__Host-ory_hydra_session']
    assert.deepEqual(await twoFlows(https), { names, isReused: true })
  })

  const plain = ['ory_hydra_consent_csrf', 'ory_hydra_login_csrf', 'ory_hydra_session']
  test('over http have no prefix, and each flow has a CSRF value of its own', async () => {
    assert.deepEqual(await twoFlows(issuer('http')), { names: plain, isReused: false })
  })

  test('with a domain have no prefix, and each flow has a CSRF value of its own', async () => {
    const cookies = { domain: 'auth.example' }
    assert.deepEqual(await twoFlows({ ...https, serve: { cookies } }), { names: plain, isReused: false })
  })

  test('with another path or name have no prefix, each by itself', async () => {
    const cookies = { paths: { session: '/oauth2' }, names: { consent_csrf: 'ours' } }
    const names = ['__Host-ory_hydra_login_csrf', 'ory_hydra_session', 'ours']
    assert.deepEqual(await twoFlows({ ...https, serve: { cookies } }), { names, isReused: true })
  })

  test('of a session under the name without the prefix are not read', async () => {
    await using server = await startServer({ settings: https })
    const client = await registerLoginClient(server)
    const browser = new Browser(server)
    await obtainTokens(server, client, { browser, login: { remember: true } })
    const isKnown = async (cookie: string) => {
      const toLogin = await server.public(loginRequest(client).address, { headers: { cookie } })
      const { json } = await server.admin(`/admin/oauth2/auth/requests/login?login_challenge=${parameterOf(toLogin, 'login_challenge')}`)
      return json.skip
    }
    assert.equal(await isKnown(browser.cookieHeader), true)
    assert.equal(await isKnown(browser.cookieHeader.replaceAll('__Host-', '')), false)
  })
})
