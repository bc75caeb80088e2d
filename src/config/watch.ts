import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ConfigSource, LoadedConfig } from './load.ts'
import { reloadConfig } from './reload.ts'
import type { Config } from './schema.ts'

export interface ConfigListener {
  /** Live settings changed: the new snapshot with its warnings. */
  changed(config: Config, warnings: readonly string[]): void
  /** The source is invalid, and the previous snapshot stays in use. */
  refused(problems: readonly string[]): void
  /** Fixed settings are written differently now; their old values stay until a restart. Called again only if the list changes. */
  needsRestart(keys: readonly string[]): void
  /** Ends the watch, as disposing does. */
  readonly signal?: AbortSignal | undefined
}

/** Milliseconds without an event before a reload: editors and orchestrators cause several events for one change. */
const quietMilliseconds = 75

/**
 * Reads the source again on SIGHUP and whenever the file may have changed. It watches the folder, because editors replace the file, and
 * Kubernetes replaces a link in the folder. It polls nothing, and does not keep the process running.
 */
export function watchConfig(source: ConfigSource, first: LoadedConfig, listener: ConfigListener): Disposable {
  const reload = reloader(source, first, listener)
  const onSignal = () => reload('signal')
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

/** Reports each outcome once; after SIGHUP also an outcome that is the same as before. */
function reloader(source: ConfigSource, first: LoadedConfig, listener: ConfigListener): (cause: 'signal' | 'file') => void {
  let config = first.config
  let reported: { problems: readonly string[]; restart: readonly string[] } = { problems: [], restart: [] }
  return (cause) => {
    const outcome = reloadConfig(source, first)
    const last = reported
    if ('problems' in outcome) {
      reported = { ...last, problems: outcome.problems }
      if (cause === 'signal' || !isDeepStrictEqual(outcome.problems, last.problems)) listener.refused(outcome.problems)
      return
    }
    const { next, restart } = outcome
    reported = { problems: [], restart }
    if (!isDeepStrictEqual(next.config, config)) {
      config = next.config
      listener.changed(config, next.warnings)
    }
    if (restart.length > 0 && !isDeepStrictEqual(restart, last.restart)) listener.needsRestart(restart)
  }
}

function watchFile(path: string, reload: (cause: 'file') => void, listener: ConfigListener): Disposable {
  let timer: NodeJS.Timeout | undefined
  let seen = 'nothing yet'
  const settle = () => {
    timer = undefined
    const now = fingerprint(path)
    if (now === seen) return
    seen = now
    reload('file')
  }
  const noticed = (_: string, name: string | null) => {
    // Frequent changes of another file in the folder, such as a database's log, must neither delay nor cause a reload.
    if (timer && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(settle, quietMilliseconds).unref()
  }
  const watcher = openWatcher(dirname(path), noticed, listener)
  // The file may have changed between the first read and the start of the watch.
  noticed('change', null)
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher?.close()
    },
  }
}

/** Identifies the content of a file, through links. A missing file has a fingerprint as well, so that its removal is reported once. */
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
