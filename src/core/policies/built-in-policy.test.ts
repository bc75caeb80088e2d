import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decideRegistration, openScopes, type RegistrationFacts, type RegistrationPolicy } from './built-in-policy.ts'

const scope = fc.constantFrom('openid', 'offline', 'notes.read', 'notes.write', 'admin', 'profile', 'email')
const wildScope = fc.oneof({ weight: 12, arbitrary: scope }, { weight: 1, arbitrary: fc.constantFrom('*', 'notes.*', 'a*b') })
const audience = fc.constantFrom('https://api.example/', 'https://other.example/', 'https://evil.example/')
const grant = fc.constantFrom('authorization_code', 'refresh_token', 'client_credentials', 'implicit', 'password', 'urn:x')
const origin = fc.constantFrom('https://app.example', 'http://127.0.0.1:3000', 'https://evil.example', 'null', '*')

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const entitlements = fc.record({
  scope: optional(fc.array(wildScope, { maxLength: 5 }).map((scopes) => scopes.join(' '))),
  audience: optional(fc.array(audience, { maxLength: 3 })),
  grantTypes: optional(fc.array(grant, { maxLength: 4 })),
  allowedCorsOrigins: optional(fc.array(origin, { maxLength: 3 })),
  redirectUris: optional(
    fc.array(fc.constantFrom('https://app.example/cb', 'http://127.0.0.1:3000/cb', 'com.example.app:/cb', 'https://[::'), { maxLength: 3 }),
  ),
  tokenEndpointAuthMethod: optional(fc.constantFrom('none', 'client_secret_basic', 'private_key_jwt')),
})
const policies: fc.Arbitrary<RegistrationPolicy> = fc.record({
  defaultScope: fc.uniqueArray(scope, { maxLength: 3 }),
  allowedScope: fc.uniqueArray(scope, { maxLength: 3 }),
  allowedAudience: fc.option(fc.uniqueArray(audience, { maxLength: 2 }), { nil: undefined }),
})
const facts: fc.Arbitrary<RegistrationFacts> = fc.record({ asked: entitlements, inForce: optional(entitlements) })

const words = (text = ''): string[] => text.split(' ').filter(Boolean)
const assertWithin = (granted: readonly string[] = [], ...open: (readonly string[] | undefined)[]) => {
  const all = new Set(open.flatMap((one) => one ?? []))
  for (const one of granted) assert.ok(all.has(one), `${one} is not in ${[...all].join(' ')}`)
  assert.equal(new Set(granted).size, granted.length, 'each once')
}

describe('the built-in policy', () => {
  test('grants only what the policy allows or what is in force', () => {
    fc.assert(
      fc.property(policies, facts, (policy, { asked, inForce }) => {
        const verdict = decideRegistration(policy, { asked, inForce })
        if (verdict.kind === 'deny') return assert.notEqual(verdict.reasons.length, 0)
        const { granted } = verdict
        assertWithin(granted.scope, openScopes(policy), words(inForce?.scope))
        assertWithin(granted.audience, policy.allowedAudience, inForce?.audience)
        const isPublic = asked.tokenEndpointAuthMethod === 'none'
        const offered = ['authorization_code', 'refresh_token', ...(isPublic ? [] : ['client_credentials'])]
        assertWithin(granted.grantTypes, offered, inForce?.grantTypes)
        const own = (asked.redirectUris ?? []).filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).origin)
        assertWithin(granted.allowedCorsOrigins, own, inForce?.allowedCorsOrigins)
        if (!inForce?.scope?.includes('*')) assert.ok(!granted.scope.some((one) => one.includes('*')))
      }),
      { numRuns: 5_000 },
    )
  })

  test('grants all requested scopes and audiences that are allowed', () => {
    fc.assert(
      fc.property(policies, facts, (policy, all) => {
        const verdict = decideRegistration(policy, all)
        if (verdict.kind === 'deny') return
        const open = new Set([...openScopes(policy), ...words(all.inForce?.scope)])
        for (const one of words(all.asked.scope)) if (open.has(one)) assert.ok(verdict.granted.scope.includes(one))
        for (const one of all.asked.audience ?? [])
          if (policy.allowedAudience?.includes(one)) assert.ok(verdict.granted.audience?.includes(one))
      }),
    )
  })

  test('grants the same again to a client that requests what it was granted', () => {
    fc.assert(
      fc.property(policies, facts, (policy, all) => {
        const first = decideRegistration(policy, all)
        if (first.kind === 'deny') return
        const { scope: scopes, ...granted } = first.granted
        const held = { ...all.asked, ...granted, scope: scopes.join(' ') }
        assert.deepEqual(decideRegistration(policy, { asked: held, inForce: held }), first)
      }),
    )
  })

  test('keeps the values in force when the policy allows nothing', () => {
    fc.assert(
      fc.property(entitlements, (inForce) => {
        const closed: RegistrationPolicy = { defaultScope: [], allowedScope: [], allowedAudience: undefined }
        const verdict = decideRegistration(closed, { asked: inForce, inForce })
        if (verdict.kind === 'deny') return assert.ok(verdict.reasons.every(({ kind }) => kind === 'no-usable-grant'))
        assert.deepEqual(verdict.granted.scope, [...new Set(words(inForce.scope))])
        assert.deepEqual(verdict.granted.audience ?? [], [...new Set(inForce.audience)])
      }),
    )
  })
})
