import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { serverLog } from './leaks.ts'
import { type Received, request, type Sent } from './request.ts'
import { freePort, merge, systemSecret } from './server.ts'

/** The server as an operator runs it: a process of its own, started by the launcher, on a file database that outlives it. */
export interface SpawnedServer extends AsyncDisposable {
  readonly publicUrl: string
  readonly adminUrl: string
  /** The process that runs now. */
  readonly process: ChildProcess
  public(path: string, sent?: Sent): Promise<Received>
  admin(path: string, sent?: Sent): Promise<Received>
  /** Starts the process again on the same database and ports; the one before has ended. */
  restart(): Promise<void>
  /** Resolves when the process that runs now has logged a line with this in it. */
  logged(text: string): Promise<void>
  /** The exit code, or the signal that ended the process. */
  ended(): Promise<number | NodeJS.Signals>
}

export async function spawnServer(settings: Record<string, unknown> = {}): Promise<SpawnedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-test-'))
  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const config = join(folder, 'clientele.yml')
  const basis = {
    dsn: `sqlite://${join(folder, 'clientele.sqlite')}`,
    urls: { self: { issuer: `http://127.0.0.1:${publicPort}/` } },
    serve: { public: { host: '127.0.0.1', port: publicPort }, admin: { port: adminPort } },
    oidc: { dynamic_client_registration: { enabled: true } },
    secrets: { system: [systemSecret] },
  }
  writeFileSync(config, JSON.stringify(merge(basis, settings)))
  const [publicUrl, adminUrl] = [`http://127.0.0.1:${publicPort}`, `http://127.0.0.1:${adminPort}`]
  let running = await start(config)
  return {
    publicUrl,
    adminUrl,
    get process() {
      return running.child
    },
    public: (path, sent) => request(publicUrl, path, sent),
    admin: (path, sent) => request(adminUrl, path, sent),
    async restart() {
      running = await start(config)
    },
    logged: (text) => running.logged(text),
    ended: () => running.ended,
    async [Symbol.asyncDispose]() {
      running.child.kill('SIGKILL')
      await running.ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const launcher = resolve(import.meta.dirname, '../../bin/clientele')

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<number | NodeJS.Signals>
  logged(text: string): Promise<void>
}

/** Resolves when both listeners accept; rejects with what the process said if it ends before. */
async function start(config: string): Promise<Running> {
  const child = spawn(launcher, ['serve', 'all', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')),
  )
  const lines: string[] = []
  const log = serverLog('spawned')
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const reader = createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (log) appendFileSync(log, `${line}\n`)
  })
  const logged = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!lines.some((line) => line.includes(text))) return
        reader.off('line', look)
        resolve()
      }
      reader.on('line', look)
      look()
    })
  const failed = ended.then((how) => {
    throw new Error(`the server ended (${how}) before it was ready: ${errors}${lines.join('\n')}`)
  })
  await Promise.race([logged('admin listener ready'), failed])
  failed.catch(() => {})
  return { child, ended, logged }
}
