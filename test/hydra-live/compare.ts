import type { Received } from '../support/request.ts'
import type { Exchange, Jwts } from './exchange.ts'

/** One place in which an answer is not what Hydra's was; `ours` is undefined where the answer lacks it. */
export interface Difference {
  /** `status`, `header link`, or a path into the body: `/scope`. */
  readonly place: string
  readonly hydra: unknown
  readonly ours: unknown
}

export interface Comparison {
  /** Every member and value must be Hydra's; else only what is on both sides is compared. */
  readonly exact: boolean
  /** Which headers are part of the contract here. */
  readonly headers: readonly string[]
  /** Places that are ours to word. */
  readonly ours: readonly string[]
  readonly matches: (expected: string, actual: string) => boolean
}

/** Where an answer departs from the recorded one. Bodies under different statuses are different things and are not compared. */
export function differences({ response }: Exchange, answer: Received, comparison: Comparison): Difference[] {
  if (response.status !== answer.status) return [{ place: 'status', hydra: response.status, ours: answer.status }]
  const body = answer.json ?? (answer.text || undefined)
  const found = [
    ...headerDifferences(response.headers, answer, comparison),
    ...valueDifferences(response.body, body, '', comparison),
    ...jwtDifferences(response.jwt, answer, comparison),
  ]
  return found.filter(({ place }) => !comparison.ours.includes(place))
}

function headerDifferences(expected: Readonly<Record<string, string>>, answer: Received, comparison: Comparison): Difference[] {
  return comparison.headers.flatMap((name) => {
    const [hydra, ours] = [expected[name], answer.headers[name] as string | undefined]
    return sameHeader(name, hydra, ours, comparison) ? [] : [{ place: `header ${name}`, hydra, ours }]
  })
}

/** Hydra forbids storing what it reads but not what it writes, secrets included; we may forbid both (RFC 6749 §5.1). */
function sameHeader(name: string, hydra: string | undefined, ours: string | undefined, { matches }: Comparison): boolean {
  if (hydra === undefined && name === 'cache-control' && ours?.includes('no-store')) return true
  return hydra === undefined || ours === undefined ? hydra === ours : matches(hydra, ours)
}

/** Places such as `jwt /access_token/header/typ`. */
function jwtDifferences(expected: Jwts = {}, answer: Received, comparison: Comparison): Difference[] {
  return Object.entries(expected).flatMap(([pointer, hydra]) => {
    const [header, payload] = String(answer.json?.[pointer.slice(1)]).split('.', 2).map(decoded)
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
  if (hydra === '<epoch>') return Number.isInteger(ours) && Math.abs(Number(ours) - Date.now() / 1000) < 86_400
  return hydra === '<any>' || (typeof ours === 'string' && matches(hydra, ours))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Hydra writes a member that is not set as null, empty or not at all. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
