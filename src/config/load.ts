import { type Randomness, systemRandomness } from '../lib/random.ts'
import { ConfigError } from './config-error.ts'
import { settings } from './keys.ts'
import { type Named, nameSettings } from './name.ts'
import { readValue } from './read-value.ts'
import { type ResolvedSettings, resolveSettings } from './resolve.ts'
import type { Config, Secrets } from './schema.ts'
import type { Leaf } from './setting.ts'
import { keptSystemSecret } from './system-secret.ts'

export interface ConfigSource {
  /** A YAML file, relative to the working directory. */
  readonly file?: string | undefined
  /** The environment of this process, unless another one is given. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What the command line says; it wins over environment and file. */
  readonly overrides?: { readonly dev?: boolean | undefined }
  readonly workingDirectory?: string
  readonly randomness?: Randomness
}

export interface LoadedConfig {
  readonly config: Config
  readonly secrets: Secrets
  /** `<key>: <what has no effect>`, for the log. */
  readonly warnings: readonly string[]
  /** What was written, for `watchConfig` to compare with. Holds secrets: never logged. */
  readonly named: Named
}

/**
 * File and environment → checked, frozen Config and Secrets. Under `dev` it may make `.clientele/secrets.system`, and does so only
 * if nothing is wrong.
 *
 * @throws ConfigError with every problem at once
 */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const written = nameSource(source)
  const closed: string[] = []
  const named = withSystemSecret(written, source, (file) => closed.push(file))
  const resolved = resolveSettings(named, workingDirectoryOf(source))
  const warnings = closed.map((file) => `secrets.system: ${file} was open to other users of this machine, and was closed to them`)
  return freezeSnapshot({ ...resolved, warnings: [...resolved.warnings, ...warnings] }, named)
}

const workingDirectoryOf = (source: ConfigSource): string => source.workingDirectory ?? process.cwd()

export function nameSource(source: ConfigSource): Named {
  const { file, env = process.env, overrides } = source
  return nameSettings({ file, env, overrides, workingDirectory: workingDirectoryOf(source) })
}

/** Resolves what was named. @throws ConfigError */
export function resolveSource(named: Named, source: ConfigSource): ResolvedSettings {
  const resolved = resolveSettings(named, workingDirectoryOf(source))
  if (resolved.problems.length > 0) throw new ConfigError(resolved.problems)
  return resolved
}

/** `named` with the system secret that `dev` makes or finds. @throws ConfigError */
function withSystemSecret(named: Named, source: ConfigSource, closed: (file: string) => void): Named {
  resolveSource(named, source)
  if (named.values.has('secrets.system')) return named
  const kept = keptSecret(source, closed)
  const read = readValue(settings.get('secrets.system')?.leaf as Leaf, [kept])
  if ('problems' in read) throw new ConfigError(read.problems.map((problem) => `secrets.system: in .clientele/secrets.system, ${problem}`))
  return { ...named, values: new Map([...named.values, ['secrets.system', read.value]]) }
}

function keptSecret(source: ConfigSource, closed: (file: string) => void): string {
  try {
    return keptSystemSecret(workingDirectoryOf(source), source.randomness ?? systemRandomness, closed)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError([
      `secrets.system: cannot be kept in .clientele/secrets.system (${code}); set it, or let this process write there`,
    ])
  }
}

/** The third step: one snapshot, which nobody changes; secrets apart. */
export function freezeSnapshot({ values, warnings }: ResolvedSettings, named: Named): LoadedConfig {
  const [open, secret]: [Tree, Tree] = [{}, {}]
  for (const [key, { leaf }] of settings) if (leaf.status === 'honoured') place(leaf.secret ? secret : open, key, values.get(key))
  const config = deepFreeze(open) as unknown as Config
  const { secrets } = deepFreeze(secret) as unknown as { secrets: Secrets }
  return { config, secrets, warnings, named }
}

interface Tree {
  [name: string]: unknown
}

function place(tree: Tree, key: string, value: unknown): void {
  const names = key.split('.')
  const last = names.pop() as string
  let node = tree
  for (const name of names) {
    node[name] ??= {}
    node = node[name] as Tree
  }
  node[last] = value
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
