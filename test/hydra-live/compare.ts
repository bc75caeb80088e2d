import type { Received } from '../support/request.ts'
import type { Cookie, Exchange, Jwts } from './exchange.ts'

/** One place in which a response differs from Hydra's; `ours` is undefined if the response lacks it. */
export interface Difference {
  /** `status`, `header link`, `header location?error`, `cookie/0/max-age`, `request` if it could not be sent, or a path into the body: `/scope`. */
  readonly place: string
  readonly hydra: unknown
  readonly ours: unknown
}

export interface Comparison {
  /** Whether every member and value must be Hydra's; if not, only members of both responses are compared. */
  readonly exact: boolean
  /** The headers that are part of the contract here. */
  readonly headers: readonly string[]
  /** Places with sentences of this server's own, which are not compared. */
  readonly ours: readonly string[]
  readonly matches: (expected: string, actual: string) => boolean
  readonly contains: (expected: string, actual: string) => boolean
}

/** The differences of a response from the recorded one. If the statuses differ, the bodies are not compared. */
export function differences({ response }: Exchange, answer: Received, comparison: Comparison): Difference[] {
  if (response.status !== answer.status) return [{ place: 'status', hydra: response.status, ours: answer.status }]
  const found = [
    ...headerDifferences(response.headers, answer, comparison),
    ...cookieDifferences(response.cookies, answer, comparison),
    // The body of a redirect is not compared: Hydra's contains a link, this server's is empty.
    ...(isRedirect(response.status) ? [] : bodyDifferences(response, answer, comparison)),
    ...jwtDifferences(response.jwt, answer, comparison),
  ]
  return found.filter(({ place }) => !comparison.ours.includes(place))
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400

function bodyDifferences({ body, contains = [] }: Exchange['response'], answer: Received, comparison: Comparison): Difference[] {
  const lacking = contains.filter((text) => !comparison.contains(text, answer.text))
  return [
    ...valueDifferences(body, answer.json ?? (answer.text || undefined), '', comparison),
    ...lacking.map((text) => ({ place: `contains ${text}`, hydra: text, ours: undefined })),
  ]
}

function headerDifferences(expected: Readonly<Record<string, string>>, answer: Received, comparison: Comparison): Difference[] {
  const compared = comparison.headers.filter((name) => name !== 'content-type' || !isRedirect(answer.status))
  return compared.flatMap((name) => {
    const [hydra, ours] = [expected[name], answer.headers[name] as string | undefined]
    if (name === 'location') return addressDifferences(hydra, ours, comparison)
    return sameHeader(name, hydra, ours, comparison) ? [] : [{ place: `header ${name}`, hydra, ours }]
  })
}

/** Compares parameter by parameter, because their order has no meaning: `header location?error`, in a fragment `header location#code`. */
function addressDifferences(hydra: string | undefined, ours: string | undefined, comparison: Comparison): Difference[] {
  return valueDifferences(addressParts(hydra), addressParts(ours), 'header location', comparison).map((one) => ({
    ...one,
    place: one.place.replace(/\/$|\/(?=[?#])/, ''),
  }))
}

function addressParts(address: string | undefined): Record<string, string> | undefined {
  if (address === undefined) return undefined
  const [, base = '', query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(address) ?? []
  return { '': base, ...namedParts('?', query), ...namedParts('#', fragment) }
}

function namedParts(sign: string, encoded = ''): Record<string, string> {
  const parameters = new URLSearchParams(encoded)
  return Object.fromEntries([...parameters.keys()].map((name) => [`${sign}${name}`, parameters.getAll(name).join(' and ')]))
}

/**
 * Compares the cookies that are set, in order, with their attributes. `Expires` is ignored: `Max-Age`, which both servers send, overrides it
 * (RFC 6265 §5.3).
 */
function cookieDifferences(expected: readonly Cookie[] | undefined, { headers }: Received, comparison: Comparison): Difference[] {
  if (!expected) return []
  const hydra = expected.map(({ name, attributes }) => withoutExpires({ name, ...attributes }))
  const ours = [headers['set-cookie'] ?? []].flat().map((line) => withoutExpires(cookieParts(line)))
  return valueDifferences(hydra, ours, 'cookie', comparison)
}

const withoutExpires = ({ expires, ...rest }: Record<string, string | true>) => rest

/** `{ name, path: '/', httponly: true … }` */
function cookieParts(line: string): Record<string, string | true> {
  const [pair = '', ...attributes] = line.split(/;\s*/)
  const parts = attributes.map((attribute): [string, string | true] => {
    const [name = '', value] = attribute.split('=')
    return [name.toLowerCase(), value ?? true]
  })
  return { name: pair.slice(0, pair.indexOf('=')), ...Object.fromEntries(parts) }
}

/** Hydra sends no-store for reads but not for writes, even with secrets. This server may send it for both (RFC 6749 §5.1). */
function sameHeader(name: string, hydra: string | undefined, ours: string | undefined, { matches }: Comparison): boolean {
  if (hydra === undefined && name === 'cache-control' && ours?.includes('no-store')) return true
  return hydra === undefined || ours === undefined ? hydra === ours : matches(hydra, ours)
}

/** Places such as `jwt /access_token/header/typ`. */
function jwtDifferences(expected: Jwts = {}, answer: Received, comparison: Comparison): Difference[] {
  return Object.entries(expected).flatMap(([pointer, hydra]) => {
    const jwt = pointer === '' ? answer.text : String(answer.json?.[pointer.slice(1)])
    const [header, payload] = jwt.includes('.') ? jwt.split('.', 2).map(decoded) : []
    return valueDifferences(hydra, { header, payload }, `jwt ${pointer}`, comparison)
  })
}

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8') || 'null')

function valueDifferences(hydra: unknown, ours: unknown, place: string, comparison: Comparison): Difference[] {
  if (!comparison.exact && (isNothing(hydra) || isNothing(ours))) return []
  if (isObject(hydra) && isObject(ours)) {
    const names = [...new Set([...Object.keys(hydra), ...Object.keys(ours)])]
    return names.flatMap((name) => valueDifferences(hydra[name], ours[name], `${place}/${name}`, comparison))
  }
  if (Array.isArray(hydra) && Array.isArray(ours) && hydra.length === ours.length) {
    return hydra.flatMap((item, at) => valueDifferences(item, ours[at], `${place}/${at}`, comparison))
  }
  return sameValue(hydra, ours, comparison) ? [] : [{ place, hydra, ours }]
}

function sameValue(hydra: unknown, ours: unknown, { matches }: Comparison): boolean {
  if (typeof hydra !== 'string') return Object.is(hydra, ours)
  const about = /^<int~(\d+)>$/.exec(hydra)?.[1]
  if (about !== undefined) return Number.isInteger(ours) && Math.abs(Number(ours) - Number(about)) <= 5
  // A refresh token is valid for 30 days.
  if (hydra === '<epoch>') return Number.isInteger(ours) && Math.abs(Number(ours) - Date.now() / 1000) < 31 * 86_400
  return hydra === '<any>' || (typeof ours === 'string' && matches(hydra, ours))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Hydra writes an unset member as null, as an empty value or not at all. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
