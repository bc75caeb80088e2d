import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headFault } from './request-head.ts'

const host = (value: string) => ({ httpVersion: '1.1', rawHeaders: ['Accept', '*/*', 'Host', value] })

test('a Host field is a name or an address, with a port or without, or empty (RFC 9110 7.2)', () => {
  for (const value of [
    '',
    'localhost',
    'a_b.example',
    'xn--80ak6aa92e.example:',
    '192.0.2.1:80',
    '[2001:db8::1]',
    '[::1]:4444',
    '%65xample',
  ])
    assert.equal(headFault(host(value)), undefined, value)
  for (const value of ['a b', 'a/b', 'http://a', 'a@b', '[::1', '::1', 'a:b', 'a:1:2', 'a,b c', 'a?b', 'a#b', 'a\\b', 'ä', '<a>', '"a"'])
    assert.equal(headFault(host(value)), 'invalid-host', value)
})

test('HTTP/1.1 has exactly one Host field, HTTP/1.0 at most one (RFC 9112 3.2), whatever its case', () => {
  const fault = (httpVersion: string, ...rawHeaders: string[]) => headFault({ httpVersion, rawHeaders })
  assert.equal(fault('1.1'), 'no-host')
  assert.equal(fault('1.0'), undefined)
  for (const version of ['1.0', '1.1']) {
    assert.equal(fault(version, 'host', 'a'), undefined)
    assert.equal(fault(version, 'host', 'a', 'HOST', 'a'), 'two-hosts')
    assert.equal(fault(version, 'Host', '', 'X', 'y', 'Host', ''), 'two-hosts')
  }
})

test('versions other than HTTP/1.0 and HTTP/1.1 are refused', () => {
  for (const httpVersion of ['0.9', '2.0']) assert.equal(headFault({ ...host('a'), httpVersion }), 'http-version')
})
