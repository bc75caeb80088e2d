import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from './config-error.ts'
import { settings } from './keys.ts'
import { type ConfigSource, freezeSnapshot, type LoadedConfig, nameSource, resolveSource } from './load.ts'
import type { Named } from './name.ts'

/** The result of a reload: a snapshot in which only live settings differ from the first one, or the problems. */
export type Reloaded = { readonly next: LoadedConfig; readonly restart: readonly string[] } | { readonly problems: readonly string[] }

/**
 * Reads the source again. `restart` lists the fixed settings that are written differently now, without those whose default changed only
 * because it is derived from them; `next` has their old values. Both the source as written and `next` must be free of problems: a change of
 * `serve.admin.host` to loopback that removes `serve.admin.auth` is valid after a restart, but before it a public listener would have no
 * authentication.
 */
export function reloadConfig(source: ConfigSource, first: LoadedConfig): Reloaded {
  try {
    const fresh = withKeptSecret(nameSource(source), first.named)
    const whole = resolveSource(fresh, source).values
    const old = resolveSource(first.named, source).values
    const isWritten = (key: string) => fresh.values.has(key) || first.named.values.has(key)
    const restart = fixedKeys.filter((key) => isWritten(key) && !isDeepStrictEqual(whole.get(key), old.get(key)))
    const mixed = withFixedOf(fresh, first.named)
    return { next: freezeSnapshot(resolveSource(mixed, source), mixed), restart }
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems }
    throw error
  }
}

const isFixed = (key: string): boolean => {
  const leaf = settings.get(key)?.leaf
  return leaf?.status === 'honoured' && !leaf.live
}

const fixedKeys = [...settings.keys()].filter(isFixed)

/** Under `dev`, a system secret that is not written is the one of the start; no new one is generated while the process runs. */
function withKeptSecret(fresh: Named, first: Named): Named {
  const kept = first.values.get('secrets.system')
  if (fresh.values.get('dev') !== true || fresh.values.has('secrets.system')) return fresh
  return { ...fresh, values: new Map([...fresh.values, ['secrets.system', kept]]) }
}

function withFixedOf(fresh: Named, first: Named): Named {
  const values = new Map([...fresh.values].filter(([key]) => !isFixed(key)))
  for (const [key, value] of first.values) if (isFixed(key)) values.set(key, value)
  return { ...fresh, values }
}
