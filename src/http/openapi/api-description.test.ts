import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publicTable } from '../../../test/support/route-tables.ts'
import { describeApi } from './api-description.ts'

test('the description and its page are in memory once for all callers, and made again when registration is switched', () => {
  let isOn = true
  const api = describeApi({ listener: 'public', version: '1', server: undefined }, () => isOn)
  api.describe(publicTable({ api }))
  for (const answer of [api.document, api.page]) {
    isOn = true
    const body = () => answer().body
    const first = body()
    assert.ok(Buffer.isBuffer(first))
    assert.equal(body(), first)
    isOn = false
    assert.notEqual(String(body()), String(first))
    assert.doesNotMatch(String(body()), /oauth2\/register/)
  }
})
