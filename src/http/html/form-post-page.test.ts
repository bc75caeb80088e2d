import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formPostPage } from './form-post-page.ts'

const body = (redirectUri: string, value: string) => formPostPage(redirectUri, [['state', value]]).body ?? ''

describe('the form_post page (OAuth 2.0 Form Post Response Mode §2)', () => {
  test('posts each parameter in a hidden field, in the order given, to the redirect URI', () => {
    const answer = formPostPage('https://rp.example/cb?a=1&b=2', [
      ['code', 'ory_ac_1'],
      ['state', 'x'],
    ])
    assert.equal(answer.status, 200)
    assert.match(answer.body ?? '', /<form method="post" action="https:\/\/rp\.example\/cb\?a=1&amp;b=2">/)
    const fields = [...(answer.body ?? '').matchAll(/<input type="hidden" name="(\w+)" value="(\w+)">/g)]
    assert.deepEqual(
      fields.map(([, name, value]) => [name, value]),
      [
        ['code', 'ory_ac_1'],
        ['state', 'x'],
      ],
    )
  })

  test('is kept by nobody, framed by nobody, and runs exactly its one script', () => {
    const { headers, body = '' } = formPostPage('https://rp.example/cb', [])
    const scripts = [...body.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text = '']) => text)
    assert.equal(scripts.length, 1)
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((rule) => [rule.split(' ')[0] ?? '', rule.split(' ').slice(1)]),
    )
    const expected = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64')
    assert.deepEqual(policy.get('script-src'), [`'sha256-${expected}'`])
    assert.deepEqual(policy.get('default-src'), ["'none'"])
    assert.deepEqual(policy.get('frame-ancestors'), ["'none'"])
    assert.match(String(headers['cache-control']), /no-store/)
    assert.doesNotMatch(body, /\son\w+=/)
  })

  test('has a button for those without scripts', () => {
    assert.match(body('https://rp.example/cb', 'x'), /<noscript><button type="submit">[^<]+<\/button><\/noscript>\n<\/form>/)
  })

  test('no value becomes markup', () => {
    const tags = (html: string) => html.match(/<\/?[a-z!]+/g)
    const usual = tags(body('https://rp.example/cb', 'x'))
    const hostile = fc.oneof(fc.string(), fc.constantFrom('"><script>alert(1)</script>', "' onx='", '</form>', '&quot;', '<!--'))
    fc.assert(fc.property(hostile, hostile, (uri, value) => assert.deepEqual(tags(body(uri, value)), usual)))
  })
})
