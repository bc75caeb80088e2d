import { type App, makeApp, makeTelemetry, version, type WatchedTelemetry } from '../app.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { watchConfig } from '../config/watch.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandomness } from '../lib/random.ts'
import type { Log } from '../lib/telemetry.ts'
import { openConfiguredDatabase } from './open-database.ts'

/** Which listeners to serve. */
export type Listeners = 'all' | 'public' | 'admin'

/** How long requests that have begun may take after SIGTERM; then their connections are closed. Milliseconds. */
const grace = 8_000
/** When the process ends whatever still hangs: a log nobody reads, a database that does not answer. Milliseconds after SIGTERM. */
const end = 9_500

/** Serves until SIGTERM or SIGINT, then stops accepting, finishes and closes, within 10 seconds. Returns the exit code. */
export async function serve(listeners: Listeners, options: { config?: string; dev?: boolean }): Promise<number> {
  const source = { file: options.config, overrides: { dev: options.dev || undefined } }
  const loaded = loadConfig(source)
  const telemetry = await makeTelemetry(loaded.config.log, undefined, loaded.config.tracing)
  const stopped = untilSignal()
  let config = loaded.config
  announce(loaded, telemetry.log)
  const app = await open(() => config, loaded, telemetry)
  try {
    await listen(app, listeners, config, telemetry.log)
  } catch (error) {
    // The other listener may be up by now, and would keep half a server alive.
    await stop(app)
    throw error
  }
  using _watch = watchConfig(source, loaded, {
    changed(next, warnings) {
      config = next
      telemetry.count('config_reloaded')
      telemetry.log('info', 'configuration reloaded', { warnings })
    },
    refused(problems) {
      telemetry.count('config_refused')
      telemetry.log('error', 'the changed configuration cannot be used; the old one stays in force', { problems })
    },
    needsRestart: (keys) => telemetry.log('warn', 'these settings take effect after a restart', { keys }),
  })
  const signal = await stopped
  // Nothing gentler ends a process of which a thread waits for the reader of its log.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), end).unref()
  telemetry.log('info', 'stopping', { signal })
  await stop(app)
  await telemetry.traces?.close()
  telemetry.log('info', 'stopped')
  await telemetry.flush()
  return 0
}

function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}

function announce({ config, warnings }: LoadedConfig, log: Log): void {
  log('info', 'starting', { version, node: process.version, issuer: config.urls.self.issuer, dev: config.dev })
  for (const warning of warnings) log('warn', warning)
  if (config.users.length > 0) log('info', 'users of the built-in sign-in page', { users: config.users.map(({ username }) => username) })
}

async function open(config: () => Config, { secrets }: LoadedConfig, telemetry: WatchedTelemetry): Promise<App> {
  const { database, migrateUp, requireSchema } = openConfiguredDatabase(config(), telemetry)
  // An embedded database is ours alone; one that others share is brought up to date when the operator says so.
  if (config().dsn.engine === 'postgres') await requireSchema()
  else for (const migration of await migrateUp()) telemetry.log('info', 'migration applied', { migration })
  return makeApp({ config, secrets, clock: systemClock, randomness: systemRandomness, telemetry }, database)
}

async function listen(app: App, listeners: Listeners, { serve }: Config, log: Log): Promise<void> {
  for (const name of ['public', 'admin'] as const) {
    if (listeners !== 'all' && listeners !== name) continue
    const { host, port } = serve[name]
    try {
      const address = host === '' ? await listenEverywhere(app[name], port) : await app[name].listen({ host, port })
      log('info', `${name} listener ready`, { address })
    } catch (error) {
      throw cannotListen(name, `${host || '*'}:${port}`, error as NodeJS.ErrnoException)
    }
  }
}

/** A listener that cannot be opened as configured: told to the operator in one line. */
class CannotListen extends Error {
  override name = 'CannotListen'
}

function cannotListen(listener: 'public' | 'admin', address: string, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new CannotListen(`serve.${listener}.port: ${address} is in use by another process; end that one, or choose another port`)
    case 'EACCES':
      return new CannotListen(`serve.${listener}.port: this user may not listen on ${address}; choose a port above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotListen(`serve.${listener}.host: ${address} is no address of this machine; write one that is, or leave it out`)
    default:
      return error
  }
}

/** IPv6 and IPv4, or IPv4 alone where the machine has no IPv6. */
async function listenEverywhere(listener: App['public'], port: number): Promise<string> {
  try {
    return await listener.listen({ host: '::', port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error
    return listener.listen({ host: '0.0.0.0', port })
  }
}

async function stop(app: App): Promise<void> {
  app.stop()
  const cut = setTimeout(() => {
    for (const { server } of [app.public, app.admin]) server.closeAllConnections()
  }, grace).unref()
  await Promise.all([app.public.close(), app.admin.close()])
  clearTimeout(cut)
  await app.close()
}
