import { randomInt } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeApp, makeTelemetry, openDatabase } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { FencedFetch } from '../../src/lib/fenced-fetch.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import type { Database } from '../../src/storage/database.ts'
import { serverLog } from './leaks.ts'
import { type Received, request, type Sent } from './request.ts'
import { addSigningKeys } from './signing-keys.ts'

export interface ServerOptions {
  /** The configuration as in YAML; ports, issuer, database (memory) and a system secret have defaults. */
  readonly settings?: Record<string, unknown>
  readonly clock?: Clock
  /** An open, migrated database in place of one in memory; the server closes it. */
  readonly database?: Database
  /** The address that the public listener binds to. Requests are sent to 127.0.0.1. */
  readonly host?: string
  /** Replaces outbound requests. */
  readonly fetch?: FencedFetch & AsyncDisposable
}

export interface TestServer extends AsyncDisposable {
  readonly publicUrl: string
  readonly adminUrl: string
  readonly issuer: string
  /** Every log line so far, parsed. */
  readonly lines: readonly Record<string, unknown>[]
  /** A request to the public listener. */
  public(path: string, sent?: Sent): Promise<Received>
  /** A request to the admin listener. */
  admin(path: string, sent?: Sent): Promise<Received>
  /** Replaces the live settings, like a changed file. */
  reconfigure(settings: Record<string, unknown>): void
}

export const systemSecret = 'a-system-secret-for-tests-only'

/** Starts a complete server in this process, on free loopback ports, with registration enabled unless the settings disable it. */
export async function startServer({
  settings = {},
  clock = Date.now,
  database,
  fetch,
  host = '127.0.0.1',
}: ServerOptions = {}): Promise<TestServer> {
  const [publicPort, adminPort] = [await freePort(), await freePort()]
  const basis = {
    dsn: 'memory',
    urls: { self: { issuer: `http://127.0.0.1:${publicPort}/` } },
    serve: { public: { host: '127.0.0.1', port: publicPort }, admin: { port: adminPort } },
    oidc: { dynamic_client_registration: { enabled: true } },
    secrets: { system: [systemSecret] },
  }
  const load = (over: Record<string, unknown>) => loadSettings(merge(basis, over))
  const { config: first, secrets } = load(settings)
  let config: Config = first
  const lines: Record<string, unknown>[] = []
  const telemetry = await makeTelemetry({ level: 'debug', format: 'json' }, keep(lines), config.tracing)
  const opened = database ?? (await freshDatabase(config))
  await addSigningKeys(opened, secrets, clock())
  const app = await makeApp(
    { config: () => config, secrets, clock, randomness: systemRandomness, telemetry, ...(fetch && { fetch }) },
    opened,
  )
  const stop = async () => {
    app.stop()
    const hangUp = () => {
      for (const { server } of [app.public, app.admin]) server.closeAllConnections()
    }
    hangUp()
    // A connection that was being opened at that moment is not among them.
    const again = setInterval(hangUp, 500)
    await Promise.all([app.public.close(), app.admin.close()])
    clearInterval(again)
    await app.close()
    await telemetry.traces?.close()
  }
  const publicUrl = `http://127.0.0.1:${publicPort}`
  const adminUrl = `http://127.0.0.1:${adminPort}`
  try {
    await app.public.listen({ host, port: publicPort })
    await app.admin.listen({ host: '127.0.0.1', port: adminPort })
  } catch (error) {
    // Open resources would keep the test file from ending and hide the error.
    await stop()
    throw error
  }
  return {
    publicUrl,
    adminUrl,
    issuer: config.urls.self.issuer,
    lines,
    public: (path, sent) => request(publicUrl, path, sent),
    admin: (path, sent) => request(adminUrl, path, sent),
    reconfigure(over) {
      config = load(merge(settings, over)).config
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function freshDatabase(config: Config): Promise<Database> {
  const { database, migrateUp } = openDatabase(config)
  await migrateUp()
  return database
}

/** Loads a configuration from an object by way of a file. JSON is YAML. */
export function loadSettings(settings: Record<string, unknown>): ReturnType<typeof loadConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'clientele-test-'))
  try {
    const file = join(folder, 'clientele.yml')
    writeFileSync(file, JSON.stringify(settings))
    return loadConfig({ file, env: {}, workingDirectory: folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Merges objects member by member; `over` takes precedence. */
export function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key]
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  return merged
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function keep(lines: Record<string, unknown>[]): (line: string) => void {
  const file = serverLog('in-process')
  return (line) => {
    lines.push(JSON.parse(line))
    if (file) appendFileSync(file, line)
  }
}

/** A free port. It is chosen before the server listens, because the issuer contains it. */
export async function freePort(): Promise<number> {
  // Below the ephemeral ports, of which the system could assign one at any moment.
  for (;;) {
    const port = randomInt(20_000, 32_768)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
}

/** The ports that this process has used. A collision with another process is rare. */
const given = new Set<number>()

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
