import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { serverLog } from './leaks.ts'
import { type Received, request, type Sent } from './request.ts'
import { freePort, merge, systemSecret } from './server.ts'

const launcher = resolve(import.meta.dirname, '..', '..', 'bin', 'clientele')

/** Milliseconds a process may take for what a test waits for; only a test that fails waits so long. */
const patience = 20_000

export type LogLine = Readonly<Record<string, unknown>>

export interface ServerProcess extends AsyncDisposable {
  readonly publicUrl: string
  readonly adminUrl: string
  /** Its working directory, removed at the end. */
  readonly folder: string
  /** What it wrote so far, to both outputs. */
  readonly output: string
  /** The log lines that are JSON, so far. */
  readonly lines: readonly LogLine[]
  /** The next log line with this message, written already or to come; each is given once. */
  next(message: string): Promise<LogLine>
  /** Replaces the configuration file by renaming, as editors and orchestrators do: `over` is merged into the first settings. */
  rewrite(over: Record<string, unknown> | string): void
  signal(signal: NodeJS.Signals): void
  /** The exit code. */
  readonly ended: Promise<number | null>
  public(path: string, sent?: Sent): Promise<Received>
  admin(path: string, sent?: Sent): Promise<Received>
}

export interface ProcessOptions {
  /** The configuration as in YAML; ports, issuer, database and a system secret are filled in. */
  readonly settings?: Record<string, unknown>
  readonly env?: Readonly<Record<string, string>>
}

/** The real program, `clientele serve all`, ready to serve. Its configuration is a file in a folder of its own. */
export async function startProcess(options: ProcessOptions = {}): Promise<ServerProcess> {
  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const basis = {
    dsn: 'sqlite://data.sqlite',
    urls: { self: { issuer: `http://127.0.0.1:${publicPort}/` } },
    serve: { public: { host: '127.0.0.1', port: publicPort }, admin: { port: adminPort } },
    secrets: { system: [systemSecret] },
  }
  const settings = merge(basis, options.settings ?? {})
  const folder = temporaryFolder()
  const file = join(folder, 'clientele.yml')
  writeFileSync(file, JSON.stringify(settings))
  const child = watched(['serve', 'all', '-c', file], { folder, env: options.env ?? {} })
  const [publicUrl, adminUrl] = [`http://127.0.0.1:${publicPort}`, `http://127.0.0.1:${adminPort}`]
  const server: ServerProcess = {
    publicUrl,
    adminUrl,
    folder,
    get output() {
      return child.output()
    },
    get lines() {
      return child.lines()
    },
    next: child.next,
    rewrite(over) {
      writeFileSync(`${file}.new`, typeof over === 'string' ? over : JSON.stringify(merge(settings, over)))
      renameSync(`${file}.new`, file)
    },
    signal: child.signal,
    ended: child.ended,
    public: (path, sent) => request(publicUrl, path, sent),
    admin: (path, sent) => request(adminUrl, path, sent),
    async [Symbol.asyncDispose]() {
      child.signal('SIGKILL')
      await child.ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await child.said(/admin listener ready.*\n/)
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

/** Runs a command of the program to its end. */
export async function runCommand(
  args: readonly string[],
  options: { readonly folder: string; readonly env?: Readonly<Record<string, string>> },
): Promise<{ code: number | null; output: string }> {
  const child = watched(args, { env: {}, ...options })
  const tooLong = setTimeout(() => child.signal('SIGKILL'), patience)
  const code = await child.ended
  clearTimeout(tooLong)
  return { code, output: child.output() }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'clientele-process-'))

function watched(args: readonly string[], { folder, env }: { folder: string; env: Readonly<Record<string, string>> }) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(launcher, [...args], { cwd: folder, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = serverLog('process')
  let output = ''
  const wake = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (log) appendFileSync(log, text)
      for (const look of wake) look()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const lines = () => output.split('\n').flatMap(parsed)
  const given = new Map<string, number>()

  const until = <T>(look: () => T | undefined, what: string): Promise<T> =>
    new Promise((found, lost) => {
      const finish = () => {
        clearTimeout(timer)
        wake.delete(again)
      }
      const again = () => {
        const seen = look()
        if (seen === undefined) return
        finish()
        found(seen)
      }
      const give = (why: string) => {
        finish()
        lost(new Error(`${what}: ${why}; it wrote\n${output}`))
      }
      const timer = setTimeout(() => give(`not within ${patience / 1000} s`), patience)
      wake.add(again)
      void ended.then((code) => {
        again()
        give(`the process ended with ${code}`)
      })
      again()
    })

  return {
    ended,
    lines,
    output: () => output,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    next(message: string) {
      const before = given.get(message) ?? 0
      given.set(message, before + 1)
      return until(() => lines().filter(({ msg }) => msg === message)[before], `no ${before > 0 ? 'further ' : ''}log line '${message}'`)
    },
    said: (pattern: RegExp) => until(() => pattern.exec(output)?.[0], `nothing said like ${pattern}`),
  }
}

function parsed(line: string): LogLine[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}
