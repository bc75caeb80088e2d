import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ConfigSource, LoadedConfig } from './load.ts'
import { reloadConfig } from './reload.ts'
import type { Config } from './schema.ts'

export interface ConfigListener {
  /** Live settings changed: the whole new snapshot, and the warnings that came with it. */
  changed(config: Config, warnings: readonly string[]): void
  /** The file cannot be used, and what was in force stays. */
  refused(problems: readonly string[]): void
  /** Fixed settings are written differently now; their old values stay until a restart. Told again only when the list changes. */
  needsRestart(keys: readonly string[]): void
  /** Ends the watch, as disposing of it does. */
  readonly signal?: AbortSignal | undefined
}

/** Editors and orchestrators touch a file several times for one change. */
const quietMilliseconds = 75

/**
 * Reads the source again on SIGHUP and whenever the file may have changed. Its folder is watched, because a file is replaced more
 * often than it is written, and Kubernetes replaces a link in the folder instead. Nothing is polled, and the process is not kept alive.
 */
export function watchConfig(source: ConfigSource, first: LoadedConfig, listener: ConfigListener): Disposable {
  const reload = reloader(source, first, listener)
  const onSignal = () => reload('asked')
  process.on('SIGHUP', onSignal)
  const folder = source.file === undefined ? undefined : watchFile(resolve(source.workingDirectory ?? '.', source.file), reload, listener)
  const dispose = () => {
    process.off('SIGHUP', onSignal)
    folder?.[Symbol.dispose]()
    listener.signal?.removeEventListener('abort', dispose)
  }
  listener.signal?.addEventListener('abort', dispose)
  if (listener.signal?.aborted) dispose()
  return { [Symbol.dispose]: dispose }
}

/** Tells of each outcome once; one that somebody asked for by SIGHUP is told even if it is the same. */
function reloader(source: ConfigSource, first: LoadedConfig, listener: ConfigListener): (why: 'asked' | 'noticed') => void {
  let config = first.config
  let told: { problems: readonly string[]; restart: readonly string[] } = { problems: [], restart: [] }
  return (why) => {
    const outcome = reloadConfig(source, first)
    const last = told
    if ('problems' in outcome) {
      told = { ...last, problems: outcome.problems }
      if (why === 'asked' || !isDeepStrictEqual(outcome.problems, last.problems)) listener.refused(outcome.problems)
      return
    }
    const { next, restart } = outcome
    told = { problems: [], restart }
    if (!isDeepStrictEqual(next.config, config)) {
      config = next.config
      listener.changed(config, next.warnings)
    }
    if (restart.length > 0 && !isDeepStrictEqual(restart, last.restart)) listener.needsRestart(restart)
  }
}

function watchFile(path: string, reload: (why: 'noticed') => void, listener: ConfigListener): Disposable {
  let timer: NodeJS.Timeout | undefined
  let seen = 'nothing yet'
  const settle = () => {
    timer = undefined
    const now = fingerprint(path)
    if (now === seen) return
    seen = now
    reload('noticed')
  }
  const noticed = (_: string, name: string | null) => {
    // A busy neighbour, such as a database's log, must neither hold a reload up for ever nor cause one.
    if (timer && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(settle, quietMilliseconds).unref()
  }
  const watcher = openWatcher(dirname(path), noticed, listener)
  // What changed between the first reading and now was seen by nobody.
  noticed('change', null)
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher?.close()
    },
  }
}

/** Follows links. A file that is not there has one, too: it may be gone for good. */
function fingerprint(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

function openWatcher(
  folder: string,
  noticed: (event: string, name: string | null) => void,
  listener: ConfigListener,
): FSWatcher | undefined {
  const lost = ({ code }: NodeJS.ErrnoException) => {
    listener.refused([`${folder}: cannot be watched for changes (${code}); send SIGHUP after a change`])
  }
  try {
    return watch(folder, { persistent: false }, noticed).on('error', lost)
  } catch (error) {
    lost(error as NodeJS.ErrnoException)
    return undefined
  }
}
