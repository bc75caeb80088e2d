import { formats, type Reading } from './formats.ts'

/** A URL of the operator that is called before tokens are issued, and the API key that is sent to it. */
export interface TokenHook {
  readonly url: string
  readonly apiKey?: ApiKey
}

interface ApiKey {
  readonly in: 'header' | 'cookie'
  readonly name: string
  /** A secret. */
  readonly value: string
}

/**
 * Reads `oauth2.token_hook` and `oauth2.refresh_token_hook`, in Hydra's two forms: a URL, or `{ url, auth: { type, config } }`. A problem
 * never quotes a value: the key is a secret, and the URL may contain one.
 */
export function readTokenHook(value: unknown): Reading {
  if (typeof value === 'string') return withUrl(value, {})
  if (!isRecord(value) || !hasOnly(value, ['url', 'auth']) || typeof value.url !== 'string')
    return { problem: 'is not a hook; write a URL, or url and auth' }
  if (value.auth === undefined) return withUrl(value.url, {})
  const { auth } = value
  if (!isRecord(auth) || !hasOnly(auth, ['type', 'config']) || auth.type !== 'api_key' || !isRecord(auth.config))
    return { problem: 'has an auth that is not supported; write type: api_key and config with in, name and value' }
  const fault = keyFault(auth.config)
  if (fault) return { problem: `has an api_key ${fault}` }
  const { in: place = 'header', name, value: key } = auth.config
  return withUrl(value.url, { apiKey: { in: place, name, value: key } })
}

function withUrl(url: string, more: object): Reading {
  const problem =
    'has a URL that is not an absolute http or https one without a user name; write one such as https://hooks.example.com/token'
  if (!formats.url || 'problem' in formats.url(url)) return { problem }
  const { username, password } = new URL(url)
  return username === '' && password === '' ? { value: { url, ...more } } : { problem }
}

/** RFC 9110 §5.5 and RFC 6265 §4.1.1: a value that a header or cookie cannot have would otherwise fail at the first token. */
function keyFault(config: Record<string, unknown>): string | undefined {
  const { in: place = 'header', name, value } = config
  if (!hasOnly(config, ['in', 'name', 'value'])) return 'with an unknown member; write in, name and value only'
  if (place !== 'header' && place !== 'cookie') return 'with an invalid in; write in: header or in: cookie'
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return 'without a valid name; write one such as X-API-Key'
  const carried = place === 'header' ? /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/ : /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/
  return typeof value === 'string' && carried.test(value) ? undefined : `whose value is not allowed in a ${place}; write another one`
}

const hasOnly = (value: object, members: readonly string[]): boolean => Object.keys(value).every((member) => members.includes(member))

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
