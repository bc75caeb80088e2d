import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Takes the write lock of the SQLite file in its first argument, prints that, and releases the lock when its standard input ends. */
const program = `
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(process.argv[1])
  database.exec('BEGIN IMMEDIATE')
  process.stdout.write('locked')
  process.stdin.resume().on('end', () => { database.exec('ROLLBACK'); database.close() })
`

/** Another process that holds the write lock of a SQLite file. */
export interface LockHolder extends AsyncDisposable {
  /** Releases the lock; resolves when the process has ended. */
  release(): Promise<void>
}

export async function holdLock(file: string): Promise<LockHolder> {
  const holder: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', program, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  await Promise.race([once(holder.stdout as NodeJS.ReadableStream, 'data'), ended.then(() => Promise.reject(new Error('no lock')))])
  const release = async () => {
    holder.stdin?.end()
    await ended
  }
  return { release, [Symbol.asyncDispose]: release }
}
