import type { IncomingHttpHeaders } from 'node:http'

/** A request as guards and handlers see it. */
export interface Request {
  /** The value of `X-Request-Id` in its response. */
  readonly id: string
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The path of its route, with `:name` for each path parameter; empty where no route matches. */
  readonly route: string
  /** The path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>
  /** An IP address; empty where the connection is already closed. */
  readonly clientAddress: string
  /** Read after the guards and before the handler; empty for GET. */
  readonly body: Buffer
}
