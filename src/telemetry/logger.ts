import { pino } from 'pino'
import type { Log, LogLevel } from '../lib/telemetry.ts'

export interface LogSettings {
  readonly level: LogLevel | 'silent'
  /** JSON, one object a line, or lines for a person. */
  readonly format: 'json' | 'text'
}

/** A log that also can be told to write out what it holds. */
export interface Logger {
  readonly log: Log
  flush(): void
}

/**
 * The process's log, on standard output. Whatever a caller passes, members with these names never get out: the last line of defence,
 * not the first.
 */
export async function makeLogger({ level, format }: LogSettings): Promise<Logger> {
  const destination = format === 'text' ? await readable() : pino.destination({ fd: 1, sync: true, minLength: 0 })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', 'cookie', 'client_secret', 'registration_access_token', 'access_token', 'token'], censor: '***' },
    },
    destination,
  )
  return { log: (at, message, facts) => logger[at](facts ?? {}, message), flush: () => logger.flush() }
}

/** Loaded only where a person reads along. */
async function readable() {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: process.stdout.isTTY ?? false, translateTime: 'SYS:HH:MM:ss', ignore: 'request_id,listener', sync: true, singleLine: true })
}
