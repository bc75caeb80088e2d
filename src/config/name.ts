import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'
import { editDistance, groups, nearestKey, type Setting, settings } from './keys.ts'
import { isMapping, readConfigFile } from './read-file.ts'
import { fromText, readValue } from './read-value.ts'

/** The settings as written, without defaults: the first of the three steps. They contain secrets and are never logged. */
export interface Named {
  /** The known settings by key; the honoured ones parsed, the others as written. */
  readonly values: ReadonlyMap<string, unknown>
  /** Keys with an invalid value, about which there is a problem already. */
  readonly faulty: ReadonlySet<string>
  /** `<key>: <what is wrong>; <what to write>`. */
  readonly problems: readonly string[]
}

export interface Written {
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly overrides?: { readonly dev?: boolean | undefined } | undefined
  readonly workingDirectory: string
}

/**
 * Collects the settings of file, environment and command line; the environment overrides the file, the command line both.
 *
 * @throws ConfigError if the file is not valid YAML, because its settings are then unknown
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
    // An empty variable counts as unset: compose files pass unset variables as ''.
    const text = env[variable]
    if (text !== undefined && text !== '') raw.set(key, fromText(leaf, text))
  }
  if (overrides?.dev !== undefined) raw.set('dev', overrides.dev)
  return readAll(raw, problems, env)
}

/** Adds every setting of the tree to `raw`, and every unknown key to `problems`. */
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
  // A secret that was written in place of a key must not be shown.
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
