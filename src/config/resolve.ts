import { resolve as resolvePath } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { cautions } from './cautions.ts'
import { contradictions } from './contradictions.ts'
import type { Dsn } from './formats.ts'
import { settings } from './keys.ts'
import type { Named } from './name.ts'
import { readValue } from './read-value.ts'
import { type Leaf, notYetValues } from './setting.ts'

export interface ResolvedSettings {
  /** Every honoured setting by key, with its default or undefined if it is not written. Contains secrets. */
  readonly values: ReadonlyMap<string, unknown>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** The second of the three steps: adds defaults, and reports contradictions and settings without effect. */
export function resolveSettings(named: Named, workingDirectory: string): ResolvedSettings {
  const problems = [...named.problems]
  const warnings: string[] = []
  const values = new Map<string, unknown>()
  const of = (key: string): unknown => {
    if (!values.has(key)) values.set(key, settingInForce(key, named, of))
    return values.get(key)
  }
  for (const [key, { leaf }] of settings) {
    if (leaf.status !== 'honoured') reportUnhonoured(key, leaf, named, problems, warnings)
    else if (of(key) === undefined && isMissing(key, leaf, named, of)) problems.push(`${key}: is not set; ${leaf.required}`)
    warnings.push(...notYet(key, leaf, named))
  }
  for (const contradiction of contradictions) {
    const problem = contradiction(of, (key) => named.values.has(key) || named.faulty.has(key))
    if (problem) problems.push(problem)
  }
  for (const caution of cautions) warnings.push(...caution(of))
  const dsn = of('dsn') as Dsn | undefined
  if (dsn?.engine === 'sqlite') values.set('dsn', { ...dsn, path: resolvePath(workingDirectory, dsn.path) })
  return { values, problems, warnings }
}

function settingInForce(key: string, named: Named, of: (key: string) => unknown): unknown {
  const leaf = settings.get(key)?.leaf
  if (!leaf) throw new Error(`there is no setting ${key}`)
  if (named.values.has(key)) return withoutNotYet(leaf, named.values.get(key))
  return leaf.default === undefined ? leaf.derived?.from(of) : defaultOf(leaf)
}

/** A default is written as in YAML (`1h`), so it is parsed like any value. */
function defaultOf(leaf: Leaf): unknown {
  const read = readValue(leaf, leaf.default)
  if ('problems' in read) throw new Error(read.problems.join())
  return read.value
}

function isMissing(key: string, leaf: Leaf, named: Named, of: (key: string) => unknown): boolean {
  if (leaf.required === undefined || named.faulty.has(key)) return false
  return key !== 'secrets.system' || of('dev') !== true
}

function withoutNotYet({ notYet, default: fallback }: Leaf, value: unknown): unknown {
  if (!notYet) return value
  if (!Array.isArray(value)) return isNotYet(notYet, value) ? notYet.instead : value
  const left = value.filter((item) => !isNotYet(notYet, item))
  return left.length > 0 ? left : fallback
}

const isNotYet = (notYet: NonNullable<Leaf['notYet']>, value: unknown): boolean => notYetValues(notYet).includes(value as string)

function notYet(key: string, { notYet }: Leaf, named: Named): readonly string[] {
  const value = named.values.get(key)
  const asked = notYet && [value].flat().some((item) => isNotYet(notYet, item))
  return asked ? [`${key}: ${notYet.warning}`] : []
}

/** Adds the warning or problem of a written setting that is not honoured, unless its value is harmless. */
function reportUnhonoured(key: string, leaf: Leaf, named: Named, problems: string[], warnings: string[]): void {
  if (!named.values.has(key) || leaf.status === 'ignored') return
  const value = named.values.get(key)
  if (leaf.harmless?.some((harmless) => isDeepStrictEqual(harmless, value))) return
  if (leaf.status === 'refused') problems.push(`${key}: ${leaf.refusal}`)
  else warnings.push(`${key}: ${leaf.warning ?? 'is a setting of Hydra that is not supported yet; it has no effect'}`)
}
