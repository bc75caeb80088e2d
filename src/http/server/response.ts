/** The response of a handler; nothing else is sent, except the headers that every response gets. */
export interface Response<Body extends string | Uint8Array = string> {
  readonly status: number
  /** A list for a header that is sent several times. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: Body
}

type Headers = Readonly<Record<string, string>>

/** Must not be cached: responses with a secret, and errors (RFC 6749 §5.1, RFC 7591 §3.2.1). */
export const noStore: Headers = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The same as Hydra's admin listener writes it. */
export const hydraNoStore: Headers = { 'cache-control': 'private, no-cache, no-store, must-revalidate' }

export function json(status: number, value: unknown, headers: Headers = {}): Response {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) }
}

/** A large response with one copy in memory, however many connections it is sent to. */
export const shared = ({ body = '', ...answer }: Response): Response<Uint8Array> => ({ ...answer, body: Buffer.from(body) })

/** With the media type as Hydra's token and introspection endpoints and its errors write it. */
export const oauthJson = (status: number, value: unknown, headers: Headers = {}): Response =>
  json(status, value, { 'content-type': 'application/json;charset=UTF-8', ...noStore, ...headers })

export const empty = (status: number, headers: Headers = {}): Response => ({ status, headers })
