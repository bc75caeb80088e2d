import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'
import { editDistance, groups, nearestKey, type Setting, settings } from './keys.ts'
import { isMapping, readConfigFile } from './read-file.ts'
import { fromText, readValue } from './read-value.ts'

/** What was written, before any default: the first of the three steps. It holds secrets, so it is never logged. */
export interface Named {
  /** By key, each of a known setting; honoured ones as the product uses them, the rest as they were written. */
  readonly values: ReadonlyMap<string, unknown>
  /** Keys that were written, but wrongly: nothing more is to be said of them. */
  readonly faulty: ReadonlySet<string>
  /** `<key>: <what is wrong>; <what would be right>`. */
  readonly problems: readonly string[]
}

export interface Written {
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly overrides?: { readonly dev?: boolean | undefined } | undefined
  readonly workingDirectory: string
}

/**
 * Names every setting that the file, the environment and the command line give; of these the later ones win.
 *
 * @throws ConfigError when the file cannot be read as YAML: what is missing in it is then unknown
 */
export function nameSettings({ file, env, overrides, workingDirectory }: Written): Named {
  const raw = new Map<string, unknown>()
  const problems: string[] = []
  if (file !== undefined) {
    const content = readConfigFile(resolve(workingDirectory, file), file)
    if ('problems' in content) throw new ConfigError(content.problems)
    flatten(content.tree, '', raw, problems)
  }
  for (const { key, variable, leaf } of settings.values()) {
    // An empty variable is an unset one: compose files pass on what is not there as ''.
    const text = env[variable]
    if (text !== undefined && text !== '') raw.set(key, fromText(leaf, text))
  }
  if (overrides?.dev !== undefined) raw.set('dev', overrides.dev)
  return readAll(raw, problems, env)
}

/** Every key of the tree, unknown ones as problems. */
function flatten(tree: Readonly<Record<string, unknown>>, path: string, raw: Map<string, unknown>, problems: string[]): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = path === '' ? name : `${path}.${name}`
    if (settings.has(key)) raw.set(key, value)
    else if (!groups.has(key)) problems.push(unknownKey(key))
    else if (isMapping(value)) flatten(value, key, raw, problems)
    else if (value !== null) problems.push(`${key}: is not a mapping of settings; write its settings below it, indented`)
  }
}

function unknownKey(key: string): string {
  const nearest = nearestKey(key)
  // A secret that slipped into the place of a key is not repeated.
  const shown = key.startsWith('secrets.') && editDistance(key, nearest) > 3 ? 'secrets.…' : key.slice(0, 100)
  return `${/^[\w.…-]+$/.test(shown) ? shown : JSON.stringify(shown)}: there is no such setting; did you mean ${nearest}?`
}

function readAll(raw: ReadonlyMap<string, unknown>, problems: string[], env: Written['env']): Named {
  const values = new Map<string, unknown>()
  const faulty = new Set<string>()
  for (const [key, value] of raw) {
    const setting = settings.get(key) as Setting
    const read = setting.leaf.status === 'honoured' ? readValue(setting.leaf, value) : { value }
    if ('value' in read) values.set(key, read.value)
    else {
      faulty.add(key)
      const from = env[setting.variable] ? `(from ${setting.variable}) ` : ''
      problems.push(...read.problems.map((problem) => `${key}: ${from}${problem}`))
    }
  }
  return { values, faulty, problems }
}
