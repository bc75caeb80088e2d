import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Client } from './client.ts'
import { isVerified, standingOf, writtenByAdmin } from './standing.ts'

const bank: Client = {
  clientId: 'bank',
  version: 1,
  origin: 'admin',
  metadata: { clientName: 'Honest Bank', redirectUris: ['https://bank.example/cb'] },
  settings: {},
  rotatedSecretHashes: [],
  createdAt: 0,
  updatedAt: 0,
  tokensValidAfter: 0,
  generation: 1,
}
const renamed = (client: Client, clientName: string): Client => ({ ...client, metadata: { ...client.metadata, clientName } })

describe('the standing of a client', () => {
  test('of an administrator has the rules of Hydra', () => {
    assert.deepEqual(standingOf(bank), {
      ...{ scopeMatch: 'pattern', excessScope: 'refused', audienceMatch: 'path', unmanagedResource: 'checked' },
      ...{ pkce: 'without-secret', shortestState: 8, openidRedirectUri: 'required' },
      ...{ consentOnDevice: 'remembered', leavingAfterLogout: 'at-once', machineTokens: 'unlimited' },
    })
  })

  test('that registered itself has exact matches and PKCE, is asked about each time on a device, and has a limit of tokens', () => {
    assert.deepEqual(standingOf({ origin: 'dynamic' }), {
      ...{ scopeMatch: 'exact', excessScope: 'dropped', audienceMatch: 'exact', unmanagedResource: 'ignored' },
      ...{ pkce: 'always', shortestState: 0, openidRedirectUri: 'optional' },
      ...{ consentOnDevice: 'asked-each-time', leavingAfterLogout: 'own-session', machineTokens: 'limited' },
    })
  })

  test('does not change when the owner changes the terms: only `verified` does', () => {
    const created = writtenByAdmin(bank)
    assert.deepEqual(standingOf(renamed(created, 'Your Bank')), standingOf(created))
  })
})

describe('a client is verified', () => {
  test('while its terms are those with which an administrator created it, however it came', () => {
    for (const origin of ['admin', 'dynamic'] as const) {
      const created = writtenByAdmin({ ...bank, origin })
      const changed = renamed(created, 'Your Bank')
      assert.deepEqual([created, changed, renamed(changed, 'Honest Bank')].map(isVerified), [true, false, true])
    }
  })

  test('after an administrator changed its terms, and not after a write that leaves them unchanged', () => {
    const changed = renamed(writtenByAdmin(bank), 'Your Bank')
    const withOwner = { ...changed, settings: { owner: 'ada' } }
    assert.deepEqual(writtenByAdmin(withOwner, changed), withOwner)
    assert.equal(isVerified(writtenByAdmin(withOwner, changed)), false)
    assert.equal(isVerified(writtenByAdmin(renamed(changed, 'The Bank'), changed)), true)
  })

  test('not where no administrator wrote its terms', () => {
    assert.equal(isVerified(bank), false)
    assert.equal(isVerified({ ...bank, origin: 'dynamic' }), false)
  })
})
