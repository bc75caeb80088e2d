import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noHandlers } from '../../../test/support/no-handlers.ts'
import { type PublicHandlers, publicRoutes } from '../public.ts'
import type { Request } from '../server/request.ts'
import { describeApi } from './api-description.ts'

test('the description and its page are in memory once for all callers, and made again when registration is switched', async () => {
  let isOn = true
  const { handlers, describe } = describeApi({ listener: 'public', version: '1', server: undefined }, () => isOn)
  describe(publicRoutes(noHandlers<PublicHandlers>(), () => isOn, ''))
  for (const handler of [handlers.openApi, handlers.reference]) {
    isOn = true
    const body = async () => (await handler({} as Request)).body
    const first = await body()
    assert.ok(Buffer.isBuffer(first))
    assert.equal(await body(), first)
    isOn = false
    assert.notEqual(String(await body()), String(first))
    assert.doesNotMatch(String(await body()), /oauth2\/register/)
  }
})
