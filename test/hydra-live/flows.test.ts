// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the recording has placeholders in this form
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startServer } from '../support/server.ts'
import type { Difference } from './compare.ts'
import { deliberateInFlows as deliberate } from './deliberate-flows.ts'
import { type Exchange, readExchanges } from './exchange.ts'
import { byTheRules, ruled } from './flow-rules.ts'
import { applications, type Outcome, replay } from './replay.ts'

// Replays recorded requests to Hydra on this server: logins, tokens, introspection, revocation, logout and keys.

const recorded = readExchanges('flows.jsonl')
const pages = { login: `${applications}/login`, consent: `${applications}/consent`, logout: `${applications}/logout` }
const outcomes = await replayed()

/** Two servers, configured as Hydra was. `urls.error` names Hydra's built-in error page, so that its parameters can be compared. */
async function replayed(): Promise<Outcome[]> {
  const subject_identifiers = { supported_types: ['public', 'pairwise'], pairwise: { salt: 'a salt of the recording' } }
  await using main = await startServer({ settings: { dev: true, urls: pages, oidc: { subject_identifiers } } })
  main.reconfigure({ urls: { error: `${main.publicUrl}/oauth2/fallbacks/error` } })
  await using strict = await startServer({
    settings: {
      dev: true,
      urls: pages,
      oidc: { dynamic_client_registration: { default_scope: ['foo', 'bar'] } },
      clients: { http: { disallow_private_ip_ranges: true } },
      oauth2: { expose_internal_errors: true, pkce: { enforced: true } },
      strategies: { access_token: 'jwt' },
    },
  })
  return await replay(byTheRules(recorded), { main, off: main, strict }, () => undefined)
}

const places = deliberate.flatMap(({ ours }) =>
  Object.entries(ours).flatMap(([id, byPlace]) => Object.entries(byPlace).map(([place, value]) => ({ key: `${id} ${place}`, value }))),
)
const listed = new Map(places.map(({ key, value }) => [key, value]))

/** Texts may contain placeholders, at any depth. */
function fits(listed: unknown, ours: unknown, matches: Outcome['matches']): boolean {
  if (typeof listed === 'string' && typeof ours === 'string') return matches(listed, ours)
  if (typeof listed !== 'object' || typeof ours !== 'object' || !listed || !ours) return isDeepStrictEqual(listed, ours)
  const names = Object.keys(listed)
  const members = (value: object, name: string): unknown => (value as Record<string, unknown>)[name]
  return names.length === Object.keys(ours).length && names.every((name) => fits(members(listed, name), members(ours, name), matches))
}

function unlisted({ exchange: { id, title }, differences, matches }: Outcome): string[] {
  const isListed = ({ place, ours }: Difference): boolean => {
    const key = `${id} ${place}`
    return listed.has(key) && fits(listed.get(key), ours, matches)
  }
  return differences
    .filter((one) => !isListed(one))
    .map(({ place, hydra, ours }) => `${id} (${title}), ${place}: Hydra ${JSON.stringify(hydra)}, this server ${JSON.stringify(ours)}`)
}

for (const flow of new Set(recorded.flatMap(({ flow = '' }) => flow))) {
  test(`each recorded exchange of the flow ${flow} gets Hydra’s response, except for the listed differences`, () => {
    const those = outcomes.filter(({ exchange }) => exchange.flow === flow)
    assert.ok(those.length > 0)
    assert.deepEqual(those.flatMap(unlisted), [])
  })
}

test('each difference in the flows is listed once, and each listed difference exists', () => {
  assert.equal(listed.size, places.length)
  const found = new Set(outcomes.flatMap(({ exchange, differences }) => differences.map(({ place }) => `${exchange.id} ${place}`)))
  assert.deepEqual(
    [...listed.keys()].filter((key) => !found.has(key)),
    [],
  )
})

test('each record that the rules name exists', () => {
  const known = new Set(recorded.flatMap(({ id, flow = '' }) => [id, flow]))
  assert.deepEqual(
    ruled.filter((name) => !known.has(name)),
    [],
  )
})

test('RFC 6749 §4.1.2.1: an error that must not reach the client is shown on the built-in page if urls.error is unset: no redirect, no cookie', async () => {
  const browsers = (await replayedWithoutErrorPage()).filter(({ exchange }) => exchange.browser)
  assert.equal(browsers.length, 10)
  for (const { exchange, answer } of browsers) {
    assert.equal(answer.status, 400, exchange.id)
    assert.match(String(answer.headers['content-type']), /^text\/html/, exchange.id)
    assert.deepEqual([answer.headers.location, answer.headers['set-cookie']], [undefined, undefined], exchange.id)
  }
})

/** The exchanges that end on Hydra's error page, except those that need a login first. */
async function replayedWithoutErrorPage(): Promise<Outcome[]> {
  const isShown = ({ request, response }: Exchange): boolean =>
    response.headers.location?.startsWith('<url:public>/oauth2/fallbacks/error?') === true && !request.path.includes('${logout.')
  await using main = await startServer({ settings: { dev: true, urls: pages } })
  const these = byTheRules(recorded).filter((exchange) => exchange.flow === 'setup' || isShown(exchange))
  return await replay(these, { main, off: main, strict: main }, () => undefined)
}
