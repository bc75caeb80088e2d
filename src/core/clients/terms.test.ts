import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { Client } from './client.ts'
import { approvedTermsOf, termsOf } from './terms.ts'

const metadata: ClientMetadata = {
  clientName: 'Honest Bank',
  localized: { 'client_name#de': 'Ehrliche Bank', 'client_name#fr': 'Banque honnête' },
  clientUri: 'https://bank.example/',
  tosUri: 'https://bank.example/terms',
  policyUri: 'https://bank.example/privacy',
  redirectUris: ['https://bank.example/cb', 'http://127.0.0.1:5000/cb'],
  jwks: {
    keys: [
      { kty: 'OKP', crv: 'Ed25519', x: 'abc', kid: '1' },
      { kty: 'OKP', crv: 'Ed25519', x: 'def', kid: '2' },
    ],
  },
  tokenEndpointAuthMethod: 'client_secret_basic',
}
const clientOf = (over: ClientMetadata = {}): Client => ({
  clientId: 'bank',
  version: 1,
  origin: 'admin',
  metadata: { ...metadata, ...over },
  settings: {},
  rotatedSecretHashes: [],
  createdAt: 0,
  updatedAt: 0,
  tokensValidAfter: 0,
  generation: 1,
})
const terms = approvedTermsOf(clientOf())

const [first = {}, second = {}] = metadata.jwks?.keys ?? []
const changes: Readonly<Record<string, ClientMetadata>> = {
  'the name': { clientName: 'Your Bank' },
  'a name in another language': { localized: { ...metadata.localized, 'client_name#de': 'Ihre Bank' } },
  'the website': { clientUri: 'https://evil.example/' },
  'the terms of service': { tosUri: 'https://evil.example/' },
  'the privacy policy': { policyUri: 'https://evil.example/' },
  'the method': { tokenEndpointAuthMethod: 'private_key_jwt' },
  'a host': { redirectUris: ['https://evil.example/cb', 'http://127.0.0.1:5000/cb'] },
  'a path': { redirectUris: ['https://bank.example/other', 'http://127.0.0.1:5000/cb'] },
  'a loopback path': { redirectUris: ['https://bank.example/cb', 'http://127.0.0.1:5000/other'] },
  'the port of https': { redirectUris: ['https://bank.example:8443/cb', 'http://127.0.0.1:5000/cb'] },
  'one URI more': { redirectUris: [...(metadata.redirectUris ?? []), 'https://bank.example/more'] },
  'a key': { jwks: { keys: [first, { ...second, x: 'ghi' }] } },
  'one key less': { jwks: { keys: [first] } },
  'the address of the keys': { jwksUri: 'https://bank.example/keys' },
}
for (const [name, over] of Object.entries(changes)) {
  test(`the approved terms change with ${name}`, () => assert.notEqual(approvedTermsOf(clientOf(over)), terms))
}

const same: Readonly<Record<string, ClientMetadata>> = {
  'another port of a loopback URI': { redirectUris: ['https://bank.example/cb', 'http://127.0.0.1:6000/cb'] },
  'two ports of a loopback URI': { redirectUris: [...(metadata.redirectUris ?? []), 'http://127.0.0.1/cb'] },
  'another order of the URIs': { redirectUris: (metadata.redirectUris ?? []).toReversed() },
  'another order of the keys and their members': {
    jwks: { keys: [second, Object.fromEntries(Object.entries(first).toReversed())] },
  },
  'another order of the languages': { localized: Object.fromEntries(Object.entries(metadata.localized ?? {}).toReversed()) },
  'a logo, a scope and a grant type': { logoUri: 'https://bank.example/logo', scope: 'openid', grantTypes: ['refresh_token'] },
}
for (const [name, over] of Object.entries(same)) {
  test(`the approved terms stay the same with ${name}`, () => assert.equal(approvedTermsOf(clientOf(over)), terms))
}

test('the approved terms stay the same where the default method is left out, and where an empty key set is', () => {
  const { tokenEndpointAuthMethod: _, jwks: __, ...bare } = metadata
  const all = [bare, { ...bare, jwks: { keys: [] } }, { ...bare, tokenEndpointAuthMethod: 'client_secret_basic' }]
  assert.equal(new Set(all.map((each) => approvedTermsOf({ ...clientOf(), metadata: each }))).size, 1)
})

test('the approved terms of stored clients stay what the migration 0009 wrote', () => {
  assert.equal(terms, 'tmVjiCqQUdT_2O8-Pk6Ax58KDWtmO3VatO__DpadiCs')
})

test('the consent terms change with a host and not with a path', () => {
  const consentTerms = (redirectUris: string[]) => termsOf(clientOf({ redirectUris }))
  const before = consentTerms(['https://bank.example/cb'])
  assert.equal(consentTerms(['https://bank.example/other']), before)
  assert.notEqual(consentTerms(['https://evil.example/cb']), before)
})

test('the consent terms stay the same with another port of a loopback URI, and not with another port of https', () => {
  const consentTerms = (uri: string) => termsOf(clientOf({ redirectUris: [uri] }))
  assert.equal(consentTerms('http://127.0.0.1:5000/cb'), consentTerms('http://127.0.0.1:6000/cb'))
  assert.notEqual(consentTerms('http://127.0.0.1:5000/cb'), consentTerms('http://localhost:5000/cb'))
  assert.notEqual(consentTerms('https://bank.example:5000/cb'), consentTerms('https://bank.example:6000/cb'))
})
