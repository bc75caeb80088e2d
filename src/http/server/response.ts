/** What a handler answers: nothing is sent but what stands here. */
export interface Response<Body extends string | Uint8Array = string> {
  readonly status: number
  /** A list for a header that comes several times. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: Body
}

type Headers = Readonly<Record<string, string>>

/** Never kept by anyone on the way: for answers that carry a secret, and for refusals (RFC 6749 §5.1, RFC 7591 §3.2.1). */
export const noStore: Headers = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Hydra's words for the same on its admin listener. */
export const hydraNoStore: Headers = { 'cache-control': 'private, no-cache, no-store, must-revalidate' }

export function json(status: number, value: unknown, headers: Headers = {}): Response {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) }
}

/** A large answer that many callers get as it is: in memory once, however many connections wait for it. */
export const shared = ({ body = '', ...answer }: Response): Response<Uint8Array> => ({ ...answer, body: Buffer.from(body) })

/** The spelling of the media type that Hydra's token and introspection endpoints and its errors have. */
export const oauthJson = (status: number, value: unknown, headers: Headers = {}): Response =>
  json(status, value, { 'content-type': 'application/json;charset=UTF-8', ...noStore, ...headers })

export const empty = (status: number, headers: Headers = {}): Response => ({ status, headers })
