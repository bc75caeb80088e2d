import assert from 'node:assert/strict'
import { test } from 'node:test'
import { standingOf } from './standing.ts'

test('a client of an administrator has the rules of Hydra', () => {
  assert.deepEqual(standingOf({ origin: 'admin' }), {
    scopeMatch: 'pattern',
    excessScope: 'refused',
    audienceMatch: 'path',
    unmanagedResource: 'checked',
    pkce: 'without-secret',
    shortestState: 8,
    openidRedirectUri: 'required',
    consentOnDevice: 'remembered',
    leavingAfterLogout: 'at-once',
    machineTokens: 'unlimited',
  })
})

test('a client that registered itself has exact matches, PKCE, and no advantage that rests on its own word', () => {
  assert.deepEqual(standingOf({ origin: 'dynamic' }), {
    scopeMatch: 'exact',
    excessScope: 'dropped',
    audienceMatch: 'exact',
    unmanagedResource: 'ignored',
    pkce: 'always',
    shortestState: 0,
    openidRedirectUri: 'optional',
    consentOnDevice: 'asked-each-time',
    leavingAfterLogout: 'own-session',
    machineTokens: 'limited',
  })
})
