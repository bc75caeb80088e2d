/** What a room may say to those who watch. Handed to it; `telemetry/` decides where it goes. */
export interface Telemetry {
  /** One line for the operator. `facts` never hold a secret, a token or a code. */
  log: Log
  /** Adds one to a counter of business events. Labels come from small fixed sets, never from a caller. */
  count: Count
  /** Runs work as a part of the trace of the request it belongs to, where traces are kept; else it just runs it. */
  trace: Trace
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void
export type Count = (event: string, labels?: Readonly<Record<string, string>>) => void

/** `facts` never hold a secret, a token or anything of a query. */
export type Trace = <T>(part: string, work: () => Promise<T>, facts?: Readonly<Record<string, string | number>>) => Promise<T>

export const untraced: Trace = (_part, work) => work()

export const silence: Telemetry = { log() {}, count() {}, trace: untraced }
