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
  /** The options of the command line, which override environment and file. */
  readonly overrides?: { readonly dev?: boolean | undefined }
  readonly workingDirectory?: string
  readonly randomness?: Randomness
}

export interface LoadedConfig {
  readonly config: Config
  readonly secrets: Secrets
  /** `<key>: <the warning>`, for the log. */
  readonly warnings: readonly string[]
  /** The settings as written, with which `watchConfig` compares. They contain secrets and are never logged. */
  readonly named: Named
}

/**
 * Loads file and environment into a checked, frozen `Config` and `Secrets`. Under `dev` it creates `.clientele/secrets.system`, if that
 * is missing and there is no problem.
 *
 * @throws ConfigError with every problem at once
 */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const written = nameSource(source)
  const closed: string[] = []
  const named = withSystemSecret(written, source, (file) => closed.push(file))
  const resolved = resolveSettings(named, workingDirectoryOf(source))
  const warnings = closed.map(
    (file) => `secrets.system: ${file} could be read by other users of this machine; its permissions were corrected`,
  )
  return freezeSnapshot({ ...resolved, warnings: [...resolved.warnings, ...warnings] }, named)
}

const workingDirectoryOf = (source: ConfigSource): string => source.workingDirectory ?? process.cwd()

export function nameSource(source: ConfigSource): Named {
  const { file, env = process.env, overrides } = source
  return nameSettings({ file, env, overrides, workingDirectory: workingDirectoryOf(source) })
}

/** Resolves the named settings. @throws ConfigError */
export function resolveSource(named: Named, source: ConfigSource): ResolvedSettings {
  const resolved = resolveSettings(named, workingDirectoryOf(source))
  if (resolved.problems.length > 0) throw new ConfigError(resolved.problems)
  return resolved
}

/** `named`, under `dev` with the stored or a new system secret. @throws ConfigError */
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
      `secrets.system: cannot be kept in .clientele/secrets.system (${code}); set it, or give this process write access there`,
    ])
  }
}

/** The third step: a frozen snapshot, with the secrets in an object of their own. */
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
