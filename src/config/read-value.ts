import { readAdminAuth } from './admin-auth.ts'
import { formats, type Reading } from './formats.ts'
import type { Leaf } from './setting.ts'
import { readTokenHook } from './token-hook.ts'
import { readUsers } from './users.ts'

export type Read = { readonly value: unknown } | { readonly problems: readonly string[] }

/** Parses a value from YAML or from `fromText`. Problems: `<what is wrong>; <what to write>`. */
export function readValue(leaf: Leaf, value: unknown): Read {
  if (value === null) return { problems: ['has no value; write one or remove the line'] }
  if (leaf.type !== 'array') return read(leaf, value, subject(leaf, value))
  if (!Array.isArray(value)) return { problems: [`${subject(leaf, value)} is not a list; write one, such as [a, b]`] }
  const items = leaf.items ?? {}
  const readings = value.map((item, index) => read(items, item, leaf.secret || leaf.sensitive ? `entry ${index + 1}` : subject(leaf, item)))
  const problems = readings.flatMap((reading) => ('problems' in reading ? reading.problems : []))
  return problems.length > 0 ? { problems } : { value: readings.map((reading) => 'value' in reading && reading.value) }
}

type Shape = NonNullable<Leaf['items']>

/** The parsers of formats that are not a single text. */
const structured: Readonly<Record<string, (value: unknown) => Reading>> = {
  'admin-auth': readAdminAuth,
  'token-hook': readTokenHook,
  users: readUsers,
}

function read(shape: Shape, value: unknown, named: string): Read {
  const reading = (structured[shape.format ?? ''] ?? ((written) => readScalar(shape, written)))(value)
  return 'problem' in reading ? { problems: [`${named} ${reading.problem}`] } : reading
}

function readScalar(shape: Shape, value: unknown): Reading {
  if (shape.enum) {
    return shape.enum.includes(value as string) ? { value } : { problem: `is not one of the choices; write ${shape.enum.join(' or ')}` }
  }
  if (shape.type === 'boolean') return typeof value === 'boolean' ? { value } : { problem: 'is not a boolean; write true or false' }
  if (shape.type === 'integer') return readInteger(shape, value)
  if (shape.type === 'number') return readNumber(shape, value)
  if (shape.type !== 'string') return { value }
  if (typeof value !== 'string') return { problem: 'is not a text; write it in quotes' }
  return (shape.format && formats[shape.format]?.(value)) || { value }
}

function readInteger({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Shape, value: unknown): Reading {
  const fits = Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
  return fits ? { value } : { problem: `is not a whole number in range; write one from ${minimum} to ${maximum}` }
}

function readNumber({ minimum = 0, maximum = Number.MAX_VALUE }: Shape, value: unknown): Reading {
  const fits = typeof value === 'number' && value >= minimum && value <= maximum
  return fits ? { value } : { problem: `is not a number in range; write one from ${minimum} to ${maximum}` }
}

/** The subject of a message about a value: the value in quotes, unless it may be a secret. */
function subject(leaf: Leaf, value: unknown): string {
  if (leaf.secret || leaf.sensitive || (typeof value === 'object' && value !== null)) return 'the value'
  // A URL may contain a password before its @.
  if (typeof value === 'string' && /:\/\/[^/]*@/.test(value)) return 'the value'
  const quoted = JSON.stringify(value)
  return quoted.length > 80 ? `${quoted.slice(0, 77)}…"` : quoted
}

/** As Go's `strconv.ParseBool`, so that variables for Hydra work here. */
const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false]),
])

/** Converts the text of an environment variable to a value as in YAML. A text that does not fit stays, and `readValue` reports it. */
export function fromText(leaf: Leaf, text: string): unknown {
  switch (leaf.type) {
    case 'boolean':
      return Object.hasOwn(booleans, text) ? booleans[text] : text
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text
    case 'number':
      return /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
    case 'string':
      return text
    case 'array':
      return text.trimStart().startsWith('[') ? fromJson(text) : text.split(',').map((item) => item.trim())
    default:
      return leaf.enum ? text : fromJson(text)
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
