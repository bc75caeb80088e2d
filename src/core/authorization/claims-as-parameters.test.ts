import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimsAsParameters } from './claims-as-parameters.ts'

test('what stands inside wins, and is in force alone', () => {
  const outside = new URLSearchParams('scope=openid&state=out&resource=a&resource=b&request=x&request_uri=y&iss=z')
  const claims = { iss: 'client', scope: 'email', resource: ['c', 'd'], max_age: 5 }
  assert.equal(String(claimsAsParameters(claims, outside)), 'state=out&iss=z&scope=email&resource=c&resource=d&max_age=5')
})

test('many claims cost no more than their number', () => {
  // At a cost that grows with the square, this many take half a minute.
  const claims = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [index.toString(36), 1]))
  const begin = process.cpuUsage()
  claimsAsParameters(claims, new URLSearchParams('state=x'))
  assert.ok(process.cpuUsage(begin).user < 10e6, `${process.cpuUsage(begin).user} µs`)
})
