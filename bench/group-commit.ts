/**
 * The durability that the server has, for what is measured beside it: WAL and every commit on disk before its promise resolves; with the
 * server's way of getting there, group commit, or without it.
 */
import { DatabaseSync } from 'node:sqlite'

const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;'

/** How many acts one commit may carry. */
const batchSize = 256

/** Runs what is handed to it and settles once that is on disk. */
export type Act = (body: () => void) => Promise<void>

type Waiting = { readonly body: () => void; readonly settle: (error?: unknown) => void }

export function openWriter(file: string): DatabaseSync {
  const writer = new DatabaseSync(file)
  writer.exec(pragmas)
  return writer
}

/** A statement outside a transaction is one by itself: it returns once it is on disk, and everybody waits meanwhile. */
export const eachByItself = (): Act => async (body) => body()

/** What arrives in one turn of the event loop is committed together. */
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
