import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsAsParameters } from './claims-as-parameters.ts'

test('a claim replaces all parameters of its name, and parameters without a claim stay', () => {
  const outside = new URLSearchParams('scope=openid&state=out&resource=a&resource=b&request=x&request_uri=y&iss=z')
  const claims = { iss: 'client', scope: 'email', resource: ['c', 'd'], max_age: 5 }
  assert.equal(String(claimsAsParameters(claims, outside)), 'state=out&iss=z&scope=email&resource=c&resource=d&max_age=5')
})

test('the time for many claims grows in proportion to their number', () => {
  // With a time that grows with the square, this many take half a minute.
  const claims = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [index.toString(36), 1]))
  const begin = process.cpuUsage()
  claimsAsParameters(claims, new URLSearchParams('state=x'))
  assert.ok(process.cpuUsage(begin).user < 10e6, `${process.cpuUsage(begin).user} µs`)
})
