import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyCharacter } from '../../test/support/any-character.ts'
import { anyUrl } from '../../test/support/any-url.ts'
import { isDangerousScheme, isLoopbackRedirect, matchesRedirectUri, redirectUriFault } from './redirect-uri.ts'

/** What a browser would run, show or hand to another program in the place of an app. */
const dangerous = [
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'filesystem:',
  'about:',
  'view-source:',
  'ws:',
  'wss:',
  'ftp:',
  'mailto:',
  'intent:',
]
const loopback = ['127.0.0.1', '[::1]', 'localhost']

/** A URI put together from pieces that readers of URIs disagree about. */
const piece = fc.constantFrom(
  'http:', 'https:', 'HTTP:', 'hTTps:', 'javascript:', 'JavaScript:', 'java\tscript:', ' javascript:', '\u0000data:', 'data:', 'blob:', 'file:', 'about:blank', 'com.example.app:', 'cursor:',
  'view-source:', '//', '/', '///', '\\', '\\\\', '?', '#', '@', ':', '*', '%2f', '%5c', '%00', '..', '/../', '%2e%2e', '.', ' ', '\t', '\n', '\r', '\u0000', '\u00a0', '\u200b', '\u202e', '\uff0f',
  '127.0.0.1', '127.1', '0x7f000001', '2130706433', '0', '[::1]', '[::ffff:127.0.0.1]', 'localhost', 'LOCALHOST', 'localhost.', 'localhost.evil.example', 'evil.example', 'app.example',
  ':80', ':0', ':8080', ':99999', ':-1', ':80@evil.example', 'user:pw@', '@evil.example', '/cb', '?a=b', '\u2024', '\u3002', '\ud800', 'x', '1', '',
) // biome-ignore format: a list of words reads best as one
const oddUri = fc.oneof(
  { weight: 5, arbitrary: fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')) },
  { weight: 1, arbitrary: anyUrl('http', 'https', 'ftp') },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('http://', 'https://'),
        fc.constantFrom(...loopback, 'app.example'),
        fc.constantFrom('', ':1', ':80', ':65535', ':65536'),
        fc.constantFrom('', '/', '/cb', '?q', '/cb?q'),
      )
      .map((parts) => parts.join('')),
  },
)

describe('a redirect URI that may be registered (RFC 7591 §5, RFC 9700 §4.1.1)', () => {
  test('has no dangerous scheme, no user, no fragment and no plain http beyond loopback, as a browser reads it', () => {
    let accepted = 0
    fc.assert(
      fc.property(oddUri, (uri) => {
        if (redirectUriFault(uri, ['cursor']) !== undefined) return
        accepted++
        const url = new URL(uri)
        assert.ok(!dangerous.includes(url.protocol), url.protocol)
        assert.deepEqual([url.username, url.password, url.hash], ['', '', ''])
        if (url.protocol === 'http:') assert.ok(loopback.includes(url.hostname), url.hostname)
        else assert.ok(url.protocol === 'https:' || url.protocol === 'cursor:' || url.protocol.includes('.'), url.protocol)
        // What a person reads in it is where the browser goes, but for numbers, which have many spellings.
        const isName = url.protocol !== 'https:' || /[a-z]$/.test(url.hostname)
        if (isName && /^https?:/i.test(uri)) assert.equal(/^https?:\/\/(\[[^\]]*\]|[^:/?]*)/i.exec(uri)?.[1]?.toLowerCase(), url.hostname)
      }),
      { numRuns: 20_000 },
    )
    assert.ok(accepted > 100, `${accepted} were accepted`)
  })

  test('that is refused is refused in printable ASCII without quotes and backslashes (RFC 6749 §5.2)', () => {
    fc.assert(
      fc.property(oddUri, (uri) => {
        const fault = redirectUriFault(uri, [])
        if (fault !== undefined) assert.match(fault, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      }),
    )
  })

  test('holds nothing that is invisible, that ends a quotation, or that becomes a line break, and names a whole domain (R8252-02)', () => {
    const odd = [
      'https://app.example/\u200bcb',
      'https://app.example/\u202ecb',
      'https://app.example/\u2028',
      'https://app.example/\u{e0041}',
    ]
    const quoting = ['https://app.example/"x', 'https://app.example/<b>', 'https://app.example/%0d%0aX', 'https://app.example/?a=%0A']
    for (const uri of [...odd, ...quoting, 'javascript.:x', 'com..example:/cb', '.:x']) assert.ok(redirectUriFault(uri, []), uri)
    for (const uri of ['com.example.app:/cb', 'https://app.example/caf\u00e9?a=%20%C3%A9'])
      assert.equal(redirectUriFault(uri, []), undefined)
  })

  test('a scheme that a browser takes as dangerous is known as such, whatever is put in between its letters', () => {
    fc.assert(
      fc.property(oddUri, (uri) => {
        if (URL.canParse(uri) && dangerous.includes(new URL(uri).protocol)) assert.ok(isDangerousScheme(uri), new URL(uri).protocol)
      }),
      { numRuns: 10_000 },
    )
  })
})

const port = fc.constantFrom('', ':', ':0', ':1', ':80', ':65535', ':65536', ':99999', ':-1', ':80@evil.example', ':1\\@evil.example')
/** Two URIs that differ in their ports, and sometimes elsewhere. */
const nearPair = fc
  .tuple(
    fc.constantFrom('http://', 'https://', 'HTTP://'),
    fc.constantFrom(...loopback, 'app.example'),
    port,
    port,
    fc.array(piece, { maxLength: 2 }),
    fc.option(piece),
  )
  .map(([scheme, host, one, other, tail, odd]) => {
    const path = `/${tail.join('')}`
    return [scheme + host + one + path, scheme + host + other + path + (odd ?? '')] as const
  })
const pair = fc.oneof({ weight: 1, arbitrary: fc.tuple(oddUri, oddUri) }, { weight: 1, arbitrary: nearPair })

describe('the match of a loopback redirect URI (RFC 8252 §7.3)', () => {
  test('is symmetric, and never leaves scheme, host, path or query', () => {
    let matched = 0
    fc.assert(
      fc.property(pair, ([registered, asked]) => {
        const isMatch = matchesRedirectUri([registered], asked)
        if (!URL.canParse(registered)) return
        if (isLoopbackRedirect(registered)) assert.equal(isMatch, URL.canParse(asked) && matchesRedirectUri([asked], registered))
        if (!isMatch || registered === asked) return
        matched++
        const [one, other] = [new URL(registered), new URL(asked)]
        one.port = ''
        other.port = ''
        assert.equal(one.href, other.href)
        assert.ok(loopback.includes(other.hostname))
      }),
      { numRuns: 10_000 },
    )
    assert.ok(matched > 50, `${matched} matched`)
  })

  test('goes over the port and nothing else', () => {
    const registered = ['http://127.0.0.1:1234/cb?a=b', 'http://[::1]/cb', 'http://localhost/cb', 'https://app.example/cb']
    for (const asked of [
      'http://127.0.0.1/cb?a=b',
      'http://127.0.0.1:65535/cb?a=b',
      'http://[::1]:8080/cb',
      'http://localhost:3/cb',
      'https://app.example/cb',
    ])
      assert.ok(matchesRedirectUri(registered, asked), asked)
    for (const asked of [
      'http://127.0.0.1:1/cb', 'http://localhost:1/cb?a=b', 'http://127.0.0.2:1/cb?a=b', 'https://127.0.0.1:1/cb?a=b', 'http://127.0.0.1:1/cb?a=b#', 'http://127.0.0.1:1/CB?a=b',
      'http://127.0.0.1:1@evil.example/cb?a=b', 'http://127.0.0.1:1\\@evil.example/cb?a=b', 'http://127.0.0.1.evil.example:1/cb?a=b', 'http://x@127.0.0.1:1/cb?a=b',
      'http://127.0.0.1:65536/cb?a=b', 'http://127.0.0.1:/cb?a=b', 'https://app.example:443/cb', 'https://app.example:8443/cb', 'http://127.0.0.1:1//cb?a=b',
    ]) // biome-ignore format: a list of words reads best as one
      assert.ok(!matchesRedirectUri(registered, asked), asked)
  })
})
