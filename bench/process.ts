/** Starting, pinning and ending the processes of a run. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { merge } from '../test/support/server.ts'

export const beside = (path: string) => join(import.meta.dirname, path)

/** The servers run on the first usable processor and the loads on the second, where the system can pin. */
export const [serverCore, loadCore] = pinnable()
export const pinned = serverCore !== undefined

export interface Target extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** From the start of the process to its first 200 at /health/ready. */
  readonly readySeconds: number
  readonly publicPort: number
  readonly adminPort: number
  readonly issuer: string
  /** Resolves when the process has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Empties the log: otherwise its unwritten pages would slow the next sync. */
  emptyLog(): void
}

/**
 * The measured programs: the server; the server of another checkout (`before`); the baseline; on PostgreSQL a baseline whose statements wait
 * for one another; and on SQLite oidc-provider: as durable as the server, with a commit for each write or with the server's group commit,
 * and in memory.
 */
export type Side = 'server' | 'before' | 'baseline' | 'one-by-one' | Peer
export type Peer = keyof typeof peerKeeping

const peerKeeping = { 'oidc-provider': 'plain', 'oidc-provider-grouped': 'grouped', 'oidc-provider-in-memory': 'memory' } as const
export const peers = Object.keys(peerKeeping) as Peer[]
export const isPeer = (side: Side): side is Peer => side in peerKeeping

export interface Started {
  readonly name: Side
  /** A PostgreSQL database with the current schema; absent: a SQLite file in the folder. */
  readonly database?: string
  /** The folder of its database, configuration and log. A second start in it finds an existing database. */
  readonly folder: string
  readonly pin: boolean
  /** The folder of the server's code: the project itself, or a copy as `npm pack` would make it (`build`). */
  readonly home?: string
  /** Options of Node for the process. */
  readonly nodeOptions?: string
  /** Merged into the server's configuration. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** A command that runs the command in its arguments. */
  readonly prefix?: readonly string[]
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** How long a start or an end may take, in milliseconds. */
const timeout = 15_000

export async function start({ name, folder, database, pin, home, nodeOptions, settings = {}, prefix = [] }: Started): Promise<Target> {
  mkdirSync(folder, { recursive: true })
  const [publicPort, adminPort] = await freePorts()
  const issuer = `http://127.0.0.1:${publicPort}/`
  const ports = [String(publicPort), String(adminPort)]
  const command =
    name === 'server' || name === 'before'
      ? serverCommand(
          home ?? beside('..'),
          database ?? `sqlite://${join(folder, 'clientele.sqlite')}`,
          folder,
          issuer,
          publicPort,
          adminPort,
          settings,
        )
      : [process.execPath, ...scriptOf(name, folder, database, ports)]
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'a')
  const { PATH, HOME, TMPDIR } = process.env
  const began = performance.now()
  const child = launch([...prefix, ...command], pin ? serverCore : undefined, {
    cwd: folder,
    stdio: ['ignore', log, log],
    env: { PATH, HOME, TMPDIR, ...(nodeOptions !== undefined && { NODE_OPTIONS: nodeOptions }) },
  })
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 0)))
  closeSync(log)
  await ready(child, `${issuer}health/ready`, name, logFile)
  const readySeconds = (performance.now() - began) / 1000
  const emptyLog = () => truncateSync(logFile)
  return {
    name,
    pid: child.pid ?? 0,
    readySeconds,
    publicPort,
    adminPort,
    issuer,
    ended,
    emptyLog,
    [Symbol.asyncDispose]: () => end(child),
  }
}

function scriptOf(name: Exclude<Side, 'server' | 'before'>, folder: string, database: string | undefined, ports: string[]): string[] {
  if (isPeer(name)) return [beside('peer-oidc-provider.ts'), peerKeeping[name], join(folder, 'peer.sqlite'), ...ports]
  return [beside('baseline.ts'), database ?? join(folder, 'baseline.sqlite'), ...ports, name]
}

function serverCommand(
  home: string,
  dsn: string,
  folder: string,
  issuer: string,
  publicPort: number,
  adminPort: number,
  over: Readonly<Record<string, unknown>>,
): string[] {
  const config = join(folder, 'clientele.yml')
  const host = '127.0.0.1'
  const settings = {
    dsn,
    dev: false,
    urls: { self: { issuer }, login: 'https://login.example.com/', consent: 'https://login.example.com/consent' },
    serve: { public: { host, port: publicPort }, admin: { host, port: adminPort } },
    secrets: { system: [systemSecret(folder)] },
    oidc: { dynamic_client_registration: { enabled: true, allowed_scope: ['notes.read'] } },
    webfinger: { jwks: { publish_before_use: '1s' } },
  }
  writeFileSync(config, stringify(merge(settings, over)))
  return [join(home, 'bin/clientele'), 'serve', 'all', '-c', config]
}

/** Creates an installed package in `folder`: JavaScript by `tsc`, the launcher, and links to the installed packages. */
export function build(folder: string): string {
  const project = beside('..')
  const compiler = join(project, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', join(project, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  for (const part of ['bin', 'package.json']) cpSync(join(project, part), join(folder, part), { recursive: true })
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** One secret for each folder: a second start must decrypt what the first one encrypted. */
function systemSecret(folder: string): string {
  const file = join(folder, 'secret')
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const secret = randomBytes(24).toString('hex')
    writeFileSync(file, secret, { mode: 0o600 })
    return secret
  }
}

export function launch(command: readonly string[], core: number | undefined, options: Parameters<typeof spawn>[2]): ChildProcess {
  const [file = '', ...parameters] = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const child = spawn(file, parameters, options)
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

async function ready(child: ChildProcess, url: string, name: string, logFile: string): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  for (const until = performance.now() + timeout; performance.now() < until; ) {
    if (failure || child.exitCode !== null || child.signalCode !== null) break
    const answer = await fetch(url).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill('SIGKILL')
  throw new Error(`the ${name} did not become ready: ${failure?.message ?? ''}\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const killer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
  clearTimeout(killer)
}

function pinnable(): readonly [number?, number?] {
  try {
    const allowed = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
    const cores = allowed.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, at) => first + at)
    })
    const [first, second] = cores
    if (first === undefined || second === undefined) return []
    execFileSync('taskset', ['-c', `${first},${second}`, 'true'], { stdio: 'ignore' })
    return [first, second]
  } catch {
    return []
  }
}

export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening')
      return (server.address() as { port: number }).port
    }),
  )
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports as [number, number]
}
