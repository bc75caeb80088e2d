import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenBearer } from '../support/access-tokens.ts'
import { isActive, obtainTokens, refresh, registerLoginClient } from '../support/login-client.ts'
import { machine, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

const ceilings = (most_per_grant: number, most_per_self_registered_client: number) => ({
  oauth2: {
    access_tokens: { most_per_grant, most_per_self_registered_client },
    grant: { refresh_token: { rotation_grace_period: '1m', rotation_grace_reuse_count: 0 } },
  },
})

test('a self-registered client has at most as many own access tokens as the setting says, at once after it changed; an administrator’s any number', async () => {
  let now = Date.now()
  await using server = await startServer({ settings: ceilings(20, 2), clock: () => now })
  const { created, registered } = registrant(server)
  const { tokenOf } = tokenBearer(server)
  const [own, operators] = [await registered(machine), await created(machine)]
  const issue = async (client: typeof own, count: number): Promise<string[]> => {
    const tokens: string[] = []
    for (let at = 0; at < count; at++) {
      now += 1_000
      tokens.push(await tokenOf(client))
    }
    return tokens
  }
  const active = (tokens: readonly string[]) => Promise.all(tokens.map((token) => isActive(server, token)))
  assert.deepEqual(await active(await issue(own, 3)), [false, true, true])
  assert.deepEqual(await active(await issue(operators, 3)), [true, true, true])
  server.reconfigure(ceilings(20, 4))
  assert.deepEqual(await active(await issue(own, 5)), [false, true, true, true, true])
})

test('a grant has at most as many access tokens as the setting says, also where a refresh token is used again within its grace period', async () => {
  let now = Date.now()
  await using server = await startServer({ settings: ceilings(3, 100), clock: () => now })
  const client = await registerLoginClient(server)
  const { refresh_token: first } = await obtainTokens(server, client)
  const tokens: string[] = []
  for (let at = 0; at < 5; at++) {
    now += 1_000
    const { status, json, text } = await refresh(server, client, first)
    assert.equal(status, 200, text)
    tokens.push(json.access_token)
  }
  assert.deepEqual(await Promise.all(tokens.map((token) => isActive(server, token))), [false, false, true, true, true])
})
