import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isCodeChallenge, isCodeVerifier, s256 } from './pkce.ts'

const unreserved = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'abcxyzABCXYZ0189-._~'), minLength, maxLength })

describe('PKCE (RFC 7636)', () => {
  test('§4.1: a verifier has 43 to 128 unreserved characters', () => {
    fc.assert(fc.property(unreserved(43, 128), isCodeVerifier))
    fc.assert(fc.property(unreserved(0, 42), (text) => !isCodeVerifier(text)))
    fc.assert(fc.property(unreserved(129, 200), (text) => !isCodeVerifier(text)))
    const foreign = fc.string({ minLength: 1, maxLength: 1 }).filter((text) => !/[A-Za-z0-9\-._~]/.test(text))
    fc.assert(fc.property(unreserved(43, 100), foreign, (text, strange) => !isCodeVerifier(text + strange)))
    assert.equal(isCodeVerifier(`${'a'.repeat(43)}\n`), false)
  })

  test('appendix B: the example', () => {
    assert.equal(s256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  test('§4.2: what S256 makes is a challenge, and nothing of another length or alphabet', () => {
    fc.assert(fc.property(unreserved(43, 128), (verifier) => isCodeChallenge(s256(verifier))))
    const challenge = s256('x')
    for (const strange of ['', challenge.slice(1), `${challenge}A`, `${challenge}\n`, `${challenge.slice(1)}=`, `${challenge.slice(1)}+`])
      assert.equal(isCodeChallenge(strange), false, strange)
  })
})
