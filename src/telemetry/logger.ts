import { pino } from 'pino'
import type { Log, LogLevel } from '../lib/telemetry.ts'
import { BackgroundOutput } from './background-output.ts'

export interface LogSettings {
  readonly level: LogLevel | 'trace' | 'fatal'
  /** One object a line, lines for a person, or an object over several lines. */
  readonly format: 'json' | 'text' | 'json_pretty'
}

export interface Logger {
  readonly log: Log
  /** Resolves when all lines are written or lost; never, if the reader of a full pipe reads nothing. */
  flush(): Promise<void>
}

interface LogEnds {
  /** Used in place of standard output. */
  readonly write?: (line: string) => void
  /** Called with the number of lost lines. */
  readonly lost?: (lines: number) => void
}

/** Tokens of this server, by their prefixes: callers send them by mistake as an id, a scope or a path. */
const token = /(ory_[a-z]{2,3}|clientele_admin)_[\w.~-]+/g
const redactTokens = (line: string): string =>
  line.includes('ory_') || line.includes('clientele_admin_') ? line.replace(token, '$1_***') : line

/**
 * The log of the process, on standard output unless `write` is given. Members with secret names and tokens of this server are redacted,
 * as a second protection: code that logs must not pass them.
 */
export async function makeLogger({ level, format }: LogSettings, { write, lost = () => {} }: LogEnds = {}): Promise<Logger> {
  const lines: Lines = write ? { write } : await standardOutput(format, lost)
  const logger = pino(
    {
      level,
      base: null,
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['authorization', 'cookie', 'client_secret', 'registration_access_token', 'access_token', 'token'], censor: '***' },
      hooks: { streamWrite: redactTokens },
    },
    lines,
  )
  return {
    log: (at, message, facts) => logger[at](facts ?? {}, message),
    flush: async () => lines.flush?.(),
  }
}

interface Lines {
  write(line: string): unknown
  flush?(): Promise<void>
}

let second = { at: 0, text: '' }

/** RFC 3339 with milliseconds. The text up to the second is cached. */
function timestamp(): string {
  const now = Date.now()
  const at = Math.floor(now / 1000)
  if (second.at !== at) second = { at, text: new Date(at * 1000).toISOString().slice(0, 20) }
  return `,"time":"${second.text}${String(now % 1000).padStart(3, '0')}Z"`
}

/** The library for readable lines is loaded only for the format `text`. */
async function standardOutput(format: LogSettings['format'], lost: (lines: number) => void): Promise<Lines> {
  if (format !== 'text') {
    const output = new BackgroundOutput(1, lost)
    if (format === 'json') return output
    return { write: (line) => output.write(`${JSON.stringify(JSON.parse(line), null, 2)}\n`), flush: () => output.flush() }
  }
  const { default: pretty } = await import('pino-pretty')
  const ignore = 'listener,method,path,status,milliseconds'
  return pretty({ translateTime: 'SYS:HH:MM:ss', ignore, messageFormat: readableMessage, sync: true, singleLine: true })
}

function readableMessage({ msg, method, path, status, milliseconds }: Record<string, unknown>): string {
  return msg === 'request' ? `${method} ${path} ${status} in ${milliseconds} ms` : String(msg)
}
