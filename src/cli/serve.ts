import { type App, makeApp, makeTelemetry, version, type WatchedTelemetry } from '../app.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { watchConfig } from '../config/watch.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandomness } from '../lib/random.ts'
import type { Log } from '../lib/telemetry.ts'
import { openConfiguredDatabase } from './open-database.ts'

/** The listeners to run. */
export type Listeners = 'all' | 'public' | 'admin'

/** Milliseconds after SIGTERM in which requests can be completed; then their connections are closed. */
const grace = 8_000
/** Milliseconds after SIGTERM until the process is killed, if a log that is not read or a database that does not answer still blocks it. */
const killAfter = 9_500

/**
 * Runs the server until SIGTERM or SIGINT. Then it accepts no connections, completes the requests and closes, within 10 seconds. Returns
 * the exit code.
 */
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
    // The other listener may be open, and would keep the process running.
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
      telemetry.log('error', 'the changed configuration is invalid; the previous one stays in use', { problems })
    },
    needsRestart: (keys) => telemetry.log('warn', 'these settings take effect after a restart', { keys }),
  })
  const signal = await stopped
  // Only SIGKILL ends a process while a thread of it waits in a write to a full pipe.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), killAfter).unref()
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
  // No other process uses an embedded database. A database that nodes share is migrated only by `clientele migrate sql up`.
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

/** A listener cannot be opened as configured. The message is for the operator. */
class CannotListen extends Error {
  override name = 'CannotListen'
}

function cannotListen(listener: 'public' | 'admin', address: string, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new CannotListen(`serve.${listener}.port: ${address} is in use by another process; stop that process, or choose another port`)
    case 'EACCES':
      return new CannotListen(`serve.${listener}.port: this user is not allowed to listen on ${address}; choose a port above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CannotListen(
        `serve.${listener}.host: ${address} is not an address of this machine; write one of its addresses, or leave the setting out`,
      )
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
