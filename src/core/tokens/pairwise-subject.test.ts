import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { Client } from '../clients/client.ts'
import { pairwiseSubject } from './pairwise-subject.ts'

const salt = 'a-salt-for-tests'
const of = pairwiseSubject({ salt })

function clientWith(metadata: ClientMetadata, clientId = 'app'): Client {
  const times = { createdAt: 0, updatedAt: 0, tokensValidAfter: 0, generation: 1 }
  return { clientId, version: 1, origin: 'dynamic', metadata, settings: {}, rotatedSecretHashes: [], ...times }
}

const subjectOf = (metadata: ClientMetadata, subject = 'alice', clientId?: string) =>
  of(clientWith({ subjectType: 'pairwise', ...metadata }, clientId), subject)
const asHydra = (sector: string, subject = 'alice') =>
  createHash('sha256')
    .update(sector + subject + salt)
    .digest('hex')

describe('pairwise subjects (OpenID Connect Core §8.1)', () => {
  test('are for clients that registered them', () => {
    for (const subjectType of [undefined, 'public'])
      assert.equal(of(clientWith({ ...(subjectType !== undefined && { subjectType }) }), 'alice'), undefined)
  })

  test('are the SHA-256 of sector, subject and salt, and differ by each', () => {
    const redirectUris = ['https://rp.example/cb']
    assert.equal(subjectOf({ redirectUris }), asHydra('rp.example'))
    assert.notEqual(subjectOf({ redirectUris }), subjectOf({ redirectUris }, 'bob'))
    assert.notEqual(subjectOf({ redirectUris }), subjectOf({ redirectUris: ['https://other.example/cb'] }))
    assert.notEqual(
      subjectOf({ redirectUris }),
      pairwiseSubject({ salt: 'another-salt' })(clientWith({ subjectType: 'pairwise', redirectUris }), 'alice'),
    )
    fc.assert(fc.property(fc.string(), (subject) => /^[0-9a-f]{64}$/.test(subjectOf({ redirectUris }, subject) ?? '')))
  })

  test('Registration §2: the sector is the host of the sector identifier, whatever the redirect URIs are', () => {
    const sectorIdentifierUri = 'https://sector.example:8443/list.json'
    for (const redirectUris of [['https://a.example/'], ['https://b.example/', 'https://c.example/'], []])
      assert.equal(subjectOf({ sectorIdentifierUri, redirectUris }), asHydra('sector.example'))
  })

  test('without one it is the host that the redirect URIs share: neither port nor path nor order counts', () => {
    const uris = ['https://rp.example/cb', 'https://rp.example:8443/cb', 'https://RP.example/other']
    for (const redirectUris of [uris, uris.toReversed()]) assert.equal(subjectOf({ redirectUris }), asHydra('rp.example'))
  })

  test('apps with private-use schemes are not all one sector', () => {
    assert.equal(subjectOf({ redirectUris: ['com.example.app:/cb'] }), asHydra('com.example.app'))
    assert.notEqual(subjectOf({ redirectUris: ['com.example.app:/cb'] }), subjectOf({ redirectUris: ['com.example.other:/cb'] }))
  })

  test('a client whose redirect URIs share no host, or that has none, is a sector of its own, in whatever order', () => {
    const uris = ['https://a.example/', 'https://b.example/']
    for (const redirectUris of [uris, uris.toReversed(), []]) {
      assert.equal(subjectOf({ redirectUris }), asHydra('app'))
      assert.notEqual(subjectOf({ redirectUris }), subjectOf({ redirectUris }, 'alice', 'app2'))
    }
  })
})
