import { pino } from 'pino'
import type { Log, LogLevel } from '../lib/telemetry.ts'
import { BackgroundOutput } from './background-output.ts'

export interface LogSettings {
  readonly level: LogLevel | 'trace' | 'fatal'
  /** One object a line, lines for a person, or an object over several lines. */
  readonly format: 'json' | 'text' | 'json_pretty'
}

/** A log that also can be told to write out what it holds. */
export interface Logger {
  readonly log: Log
  /** Resolves when it is written, which is never where the reader stands still. */
  flush(): Promise<void>
}

interface LogEnds {
  /** Takes the lines in place of standard output. */
  readonly write?: (line: string) => void
  /** Told how many lines were lost, because nobody reads or they cannot be written. */
  readonly lost?: (lines: number) => void
}

/** Our tokens, known by their prefixes: people send them where an id, a scope or a path should be. */
const token = /(ory_[a-z]{2,3}|clientele_admin)_[\w.~-]+/g
const strikeTokens = (line: string): string =>
  line.includes('ory_') || line.includes('clientele_admin_') ? line.replace(token, '$1_***') : line

/**
 * The process's log, on standard output unless `write` takes it. Whatever a caller passes, members with these names and tokens of
 * ours never get out: the last line of defence, not the first.
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
      hooks: { streamWrite: strikeTokens },
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

/** RFC 3339 with milliseconds. The date and time of day are written once a second. */
function timestamp(): string {
  const now = Date.now()
  const at = Math.floor(now / 1000)
  if (second.at !== at) second = { at, text: new Date(at * 1000).toISOString().slice(0, 20) }
  return `,"time":"${second.text}${String(now % 1000).padStart(3, '0')}Z"`
}

/** Lines for a person are made by a library that is loaded only where a person reads along. */
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
