/** The logging, counting and tracing functions that a module is given; `telemetry/` implements them. */
export interface Telemetry {
  /** Logs one line. `facts` never contain a secret, a token or a code. */
  log: Log
  /** Increments the counter of an event. Label values are from small fixed sets, never from a caller. */
  count: Count
  /** Runs work as a span in the trace of its request, if traces are configured; otherwise only runs it. */
  trace: Trace
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void
export type Count = (event: string, labels?: Readonly<Record<string, string>>) => void

/** `facts` never contain a secret, a token or a part of a query. */
export type Trace = <T>(part: string, work: () => Promise<T>, facts?: Readonly<Record<string, string | number>>) => Promise<T>

export const untraced: Trace = (_part, work) => work()

export const silence: Telemetry = { log() {}, count() {}, trace: untraced }
