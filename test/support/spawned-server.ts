import type { ChildProcess } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LogLine, startProgram, temporaryFolder } from './program.ts'
import { type Received, request, type Sent } from './request.ts'
import { freePort, merge, systemSecret } from './server.ts'

/** The server as an operator runs it: a separate process, started by the launcher, with a file database that persists. */
export interface SpawnedServer extends AsyncDisposable {
  readonly publicUrl: string
  readonly adminUrl: string
  /** The current process. */
  readonly process: ChildProcess
  /** The output of the current process so far. */
  readonly output: string
  public(path: string, sent?: Sent): Promise<Received>
  admin(path: string, sent?: Sent): Promise<Received>
  /** Starts the process again on the same database and ports, after the previous one has ended. */
  restart(): Promise<void>
  /** Replaces the configuration file by a rename, as editors and orchestrators do. `over` is merged into the first settings. */
  rewrite(over: Record<string, unknown> | string): void
  /** Resolves when the current process has logged a line that contains the text. */
  logged(text: string): Promise<void>
  /** The next log line of the current process with this message; each is returned once. */
  next(message: string): Promise<LogLine>
  /** The exit code, or the signal that ended the process. */
  ended(): Promise<number | NodeJS.Signals>
}

export async function spawnServer(settings: Record<string, unknown> = {}): Promise<SpawnedServer> {
  const folder = temporaryFolder()
  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const file = join(folder, 'clientele.yml')
  const basis = {
    dsn: `sqlite://${join(folder, 'clientele.sqlite')}`,
    urls: { self: { issuer: `http://127.0.0.1:${publicPort}/` } },
    serve: { public: { host: '127.0.0.1', port: publicPort }, admin: { port: adminPort } },
    oidc: { dynamic_client_registration: { enabled: true } },
    secrets: { system: [systemSecret] },
  }
  const first = merge(basis, settings)
  writeFileSync(file, JSON.stringify(first))
  const [publicUrl, adminUrl] = [`http://127.0.0.1:${publicPort}`, `http://127.0.0.1:${adminPort}`]
  const start = () => startProgram(['serve', 'all', '-c', file], { folder })
  let running = start()
  const server: SpawnedServer = {
    publicUrl,
    adminUrl,
    get process() {
      return running.child
    },
    get output() {
      return running.output()
    },
    public: (path, sent) => request(publicUrl, path, sent),
    admin: (path, sent) => request(adminUrl, path, sent),
    async restart() {
      running = start()
      await running.said(ready)
    },
    rewrite(over) {
      writeFileSync(`${file}.new`, typeof over === 'string' ? over : JSON.stringify(merge(first, over)))
      renameSync(`${file}.new`, file)
    },
    logged: async (text) => void (await running.said(new RegExp(RegExp.escape(text)))),
    next: (message) => running.next(message),
    ended: () => running.ended,
    async [Symbol.asyncDispose]() {
      running.child.kill('SIGKILL')
      await running.ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await running.said(ready)
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

/** The listener that is ready last. */
const ready = /admin listener ready.*\n/
