import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type LoginClient, loginRequest, registerLoginClient } from '../support/login-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

describe('what an attacker tries at a login', () => {
  let server: TestServer
  let client: LoginClient
  const now = Date.now()
  before(async () => {
    const urls = { login: 'https://ui.example/login', consent: 'https://ui.example/consent', logout: 'https://ui.example/logout' }
    server = await startServer({ settings: { dev: true, urls }, clock: () => now })
    client = await registerLoginClient(server)
  })
  after(() => server[Symbol.asyncDispose]())

  const form = (path: string, body: string) =>
    server.public(path, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })

  describe('thousands of parameters cost no more than their number', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => index.toString(36)).join('&')

    async function quickest(path: string, body: string): Promise<number> {
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 3; round++) {
        const begin = performance.now()
        await form(path, body)
        best = Math.min(best, performance.now() - begin)
      }
      return best
    }

    const requests = {
      '/oauth2/token': () => 'grant_type=authorization_code&client_id=nobody',
      '/oauth2/auth': () => loginRequest(client).address.split('?')[1] ?? '',
    }
    for (const [path, basis] of Object.entries(requests)) {
      test(path, async () => {
        const few = await quickest(path, `${basis()}&${names(4_000)}`)
        const many = await quickest(path, `${basis()}&${names(16_000)}`)
        assert.ok(many < few * 6 + 60, `4,000 take ${few} ms, 16,000 take ${many} ms`)
      })
    }
  })
})
