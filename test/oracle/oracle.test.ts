import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readExchanges } from '../hydra-live/exchange.ts'
import { outcomeOfAuthorize } from './authorize.ts'
import { authorizeRequests } from './authorize-requests.ts'
import { differences } from './differences.ts'
import { startOracle } from './oracle-party.ts'
import { startOurParty } from './our-party.ts'
import type { Party } from './party.ts'
import { outcomeOfToken, visitorAfter } from './token.ts'
import { tokenRequests } from './token-requests.ts'

// Sends the same requests of the same clients to this server and to oidc-provider, which is certified. Each difference is listed with a reason.

const ours = await startOurParty()
after(() => ours[Symbol.asyncDispose]())
const oracle = await startOracle(ours.clients)
after(() => oracle[Symbol.asyncDispose]())

type Outcomes = Readonly<Record<string, string>>

const [atOurs, atOracle] = await Promise.all([outcomesAt(ours), outcomesAt(oracle)])

async function outcomesAt(party: Party): Promise<Outcomes> {
  const outcomes: Record<string, string> = {}
  for (const [name, asked] of Object.entries(authorizeRequests))
    outcomes[`authorize: ${name}`] = await outcomeOfAuthorize(party, asked, (login) => visitorAfter(party, login))
  for (const [name, run] of Object.entries(tokenRequests)) outcomes[`token: ${name}`] = await outcomeOfToken(party, run)
  return outcomes
}

const listed = differences.flatMap(({ at }) => Object.entries(at))
const found = Object.entries(atOurs)
  .map(([name, ours]) => [name, { oracle: atOracle[name], ours }] as const)
  .filter(([, { oracle, ours }]) => oracle !== ours)

for (const endpoint of ['authorize', 'token'])
  test(`each ${endpoint} request has the same outcome as with oidc-provider, except exactly for the listed differences`, () => {
    const ofEndpoint = ([name]: readonly [string, unknown]): boolean => name.startsWith(`${endpoint}: `)
    assert.deepEqual(Object.fromEntries(found.filter(ofEndpoint)), Object.fromEntries(listed.filter(ofEndpoint)))
  })

test('each difference is listed once, with a clause or a recorded exchange as the reason', () => {
  const names = listed.map(([name]) => name)
  assert.deepEqual(names, [...new Set(names)])
  const recorded = new Set(readExchanges('flows.jsonl').map(({ id }) => id.slice(0, 4)))
  for (const { reason } of differences) {
    const exchanges = reason.match(/\bf\d{3}\b/g) ?? []
    assert.ok(exchanges.length > 0 || /\d §\d|Core §\d|R8707-08/.test(reason), reason)
    for (const id of exchanges) assert.ok(recorded.has(id), id)
  }
})

test('most requests have the same outcome, and every kind of outcome is among them', () => {
  const alike = Object.entries(atOurs).filter(([name, outcome]) => atOracle[name] === outcome)
  assert.ok(alike.length > 2 * found.length, `${alike.length} equal, ${found.length} different`)
  for (const kind of [
    /^page 400$/,
    /^client by query: code state iss after login, consent$/,
    /^client by fragment: code state iss /,
    /^client by form_post: code state iss /,
    /^client by query: code iss /,
    /^client by query: code state iss$/,
    /^client by query: login_required state iss$/,
    /^client by query: consent_required state iss$/,
    /^client by query: invalid_request state iss$/,
    /^access \+ id \+ refresh for notes\.read offline_access openid, 1 of 1 active$/,
    /^400 invalid_grant, 0 of [12] active$/,
    /^401 invalid_client, challenged$/,
  ])
    assert.ok(
      alike.some(([, outcome]) => kind.test(outcome)),
      String(kind),
    )
})
