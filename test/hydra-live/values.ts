import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Received } from '../support/request.ts'

/** `${name}` stands for a value of an earlier response, `<kind>` for a generated one or, as `<url:…>`, for a base URL. */
const placeholder = /\$\{(?<name>[^}]+)\}|<(?<kind>[a-z][a-z0-9_:-]*)>/g

/** The form of a generated value, by its kind: this server's form, not Hydra's. */
const kinds: Readonly<Record<string, string>> = {
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  uuid7: '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  jwt: '[\\w-]+\\.[\\w-]+\\.[\\w-]+',
  secret26: '[A-Za-z0-9._~-]{26}',
  rat: 'ory_rat_[\\w-]{43}',
  at: 'ory_at_[\\w-]{43}',
  rt: 'ory_rt_[\\w-]{43}',
  ac: 'ory_ac_[\\w-]{43}',
  // The id of a row and 192 random bits. Hydra's contains the whole request.
  challenge: '[0-9a-f]{32}[\\w-]{32}',
  verifier: '[0-9a-f]{32}[\\w-]{32}',
  hex32: '[0-9a-f]{32}',
  sha256hex: '[0-9a-f]{64}',
  num: '\\d+',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z',
  'time-s': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  page_token: '[\\w-]{20,}',
  b64: '[\\w-]+',
  'decoder-text': '.+',
  html: '.*<[a-z].*',
  any: '.*',
}

const nothing = '(?!)'

/** The values that exchanges refer to: those of earlier responses, and a random word for this run. */
export class Values {
  readonly #captured = new Map([['run', `r${randomBytes(4).toString('hex')}`]])

  /** A part of a request with its placeholders replaced. */
  fill<T>(part: T): T {
    return mapStrings(part, (text) => text.replace(/\$\{([^}]+)\}/g, (_, name: string) => this.#value(name))) as T
  }

  /** The names in a request that have no value. */
  missing(request: unknown): string[] {
    const names = [...JSON.stringify(request).matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name)
    return names.filter((name) => !this.#captured.has(name))
  }

  /** The pattern of an expected text. It matches nothing if a name has no value. `addresses` are the base URLs by the kinds of their placeholders. */
  pattern(expected: string, addresses: Readonly<Record<string, string>>): RegExp {
    return new RegExp(`^${this.#source(expected, addresses)}$`, 's')
  }

  /** The same for a text within another. */
  patternWithin(expected: string, addresses: Readonly<Record<string, string>>): RegExp {
    return new RegExp(this.#source(expected, addresses), 's')
  }

  #source(expected: string, addresses: Readonly<Record<string, string>>): string {
    let [source, end] = ['', 0]
    for (const { 0: whole, index, groups = {} } of expected.matchAll(placeholder)) {
      const { name, kind = '' } = groups
      const fixed = name === undefined ? (addresses[kind] ?? whole) : this.#captured.get(name)
      const pattern = kinds[kind] ?? (fixed === undefined ? nothing : RegExp.escape(fixed))
      source += RegExp.escape(expected.slice(end, index)) + pattern
      end = index + whole.length
    }
    return source + RegExp.escape(expected.slice(end))
  }

  capture(names: Readonly<Record<string, string>>, answer: Received): void {
    for (const [name, from] of Object.entries(names)) {
      const value = valueAt(from, answer)
      if (value !== undefined) this.#captured.set(name, value)
    }
  }

  /** Replaces a token that was spent here, though not in Hydra, by its successor. */
  replace(spent: string, next: string): void {
    for (const [name, value] of this.#captured) if (value === spent) this.#captured.set(name, next)
  }

  #value(name: string): string {
    const value = this.#captured.get(name)
    assert.ok(value !== undefined, `no response had a value for ${name}`)
    return value
  }
}

/**
 * `/client_id`, a member of the body, `/keys/0/kid`, one further down; `bare:/…`, the same without its prefix; `link:next`, a target of
 * the `Link` header; `location:code`, a parameter of the `Location`; `jwt:/id_token#/sid`, a claim of a JWT in the body.
 */
function valueAt(from: string, { headers, json }: Received): string | undefined {
  const [, kind, name = ''] = /^(?:(\w+):)?\/?(.+)$/.exec(from) ?? []
  if (kind === 'link') return new RegExp(`<([^>]*)>; rel="${name}"`).exec(String(headers.link))?.[1]
  if (kind === 'location') return parameterIn(String(headers.location), name)
  const [path = '', claim] = name.split('#/')
  const member: unknown = path.split('/').reduce((inner, part) => inner?.[part], json)
  const value = claim === undefined ? member : claimsOf(String(member))[claim]
  if (typeof value !== 'string') return undefined
  return kind === 'bare' ? value.replace(/^[a-z]+_[a-z]+_/, '') : value
}

const parameterIn = (address: string, name: string): string | undefined =>
  new URLSearchParams(address.slice(address.search(/[?#]/) + 1).replaceAll('#', '&')).get(name) ?? undefined

const claimsOf = (jwt: string): Record<string, unknown> => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString() || '{}')

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, map)]))
}
