import { closeSync, existsSync, mkdirSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { closeToOthers } from '../../lib/close-to-others.ts'
import type { Log } from '../../lib/telemetry.ts'

/** The files of a SQLite database: it, its write-ahead log, the index of that, and a log that is rolled back. */
const endings = ['', '-wal', '-shm', '-journal']

/** Sticky, or writable by all: several users share the folder. */
const shared = 0o1002

/**
 * Makes the file of a database, with its folder, where there is none, for its owner alone: SQLite gives the files that it makes beside it
 * the same mode. The mode of existing files is changed, and logged.
 */
export function makePrivate(location: string, log: Log): void {
  makeFolder(dirname(location))
  // Only where it is missing: closing a file ends every lock that this process has on it.
  if (!existsSync(location)) closeSync(openSync(location, 'a', 0o600))
  const file = realpathSync(location)
  const folder = dirname(file)
  const isFolderOpen = (statSync(folder).mode & 0o077) !== 0
  const isOwnFolder = isFolderOpen && isForDatabaseAlone(folder, basename(file))
  const paths = [...(isOwnFolder ? [folder] : []), ...endings.map((ending) => file + ending)]
  const done = Map.groupBy(paths, closeToOthers)
  const [closed, open] = [done.get('closed'), done.get('open')]
  if (closed) log('warn', 'the database was open to other users of this machine, and was closed to them', { paths: closed })
  if (open) {
    const message = 'the database is open to other users of this machine, and could not be closed to them; set the modes yourself'
    log('warn', message, { paths: open })
  }
  if (isFolderOpen && !isOwnFolder) {
    const message =
      'the folder of the database is open to other users of this machine, and was left so: it is shared, or not ours, or holds other files; give the database a folder of its own'
    log('warn', message, { folder })
  }
}

/** Node's own recursive `mkdir` never ends where a parent cannot be made, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/** A folder with anything else in it may be there for others: /etc, a project, what a web server shows. */
function isForDatabaseAlone(folder: string, name: string): boolean {
  const { mode, uid } = statSync(folder)
  if ((mode & shared) !== 0 || uid !== process.geteuid?.()) return false
  const own = new Set(endings.map((ending) => name + ending))
  return readdirSync(folder).every((entry) => own.has(entry) || entry.startsWith('secrets.system'))
}
