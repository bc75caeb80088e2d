/**
 * The durability of the server, for the programs that are compared with it: WAL, and every commit on disk before its promise resolves;
 * with group commit, as in the server, or without it.
 */
import { DatabaseSync } from 'node:sqlite'

const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;'

/** The maximum number of acts in one commit. */
const batchSize = 256

/** Runs an act and settles once it is on disk. */
export type Act = (body: () => void) => Promise<void>

type Waiting = { readonly body: () => void; readonly settle: (error?: unknown) => void }

export function openWriter(file: string): DatabaseSync {
  const writer = new DatabaseSync(file)
  writer.exec(pragmas)
  return writer
}

/** A statement outside a transaction is a transaction by itself: it returns once it is on disk, and blocks all others meanwhile. */
export const eachByItself = (): Act => async (body) => body()

/** Acts that arrive in one turn of the event loop are committed together. */
export function inGroups(writer: DatabaseSync): Act {
  const queue: Waiting[] = []

  function flush(): void {
    const batch = queue.splice(0, batchSize)
    if (queue.length > 0) setImmediate(flush)
    let failure: unknown
    try {
      writer.exec('BEGIN IMMEDIATE')
      for (const act of batch) act.body()
      writer.exec('COMMIT')
    } catch (error) {
      failure = error
      if (writer.isTransaction) writer.exec('ROLLBACK')
    }
    for (const act of batch) act.settle(failure)
  }

  return (body) =>
    new Promise<void>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush)
      queue.push({ body, settle: (error) => (error === undefined ? resolve() : reject(error)) })
    })
}
