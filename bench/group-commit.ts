/** The durability that the server has, for what is measured beside it: WAL, every commit on disk, what arrives together committed together. */
import { DatabaseSync } from 'node:sqlite'

const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;'

/** How many acts one commit may carry. */
const batchSize = 256

type Act = { readonly body: () => void; readonly settle: (error?: unknown) => void }

/** One writer with group commit. */
export function openWriter(file: string) {
  const writer = new DatabaseSync(file)
  writer.exec(pragmas)
  const queue: Act[] = []

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

  return {
    writer,
    /** Runs `body` with the other acts of this turn in one transaction; settles after the commit. */
    act: (body: () => void) =>
      new Promise<void>((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush)
        queue.push({ body, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
  }
}
