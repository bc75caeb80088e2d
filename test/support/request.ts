import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { recordSecrets } from './leaks.ts'

export interface Sent {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent unchanged. */
  readonly body?: string | Buffer
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as form fields. */
  readonly form?: Readonly<Record<string, string | readonly string[]>>
  /** `Authorization: Bearer`. */
  readonly bearer?: string
  /** `Authorization: Basic`, form-encoded as RFC 6749 §2.3.1 says. */
  readonly basic?: readonly [id: string, secret: string]
}

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the type of the response.
  readonly json: any
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/**
 * Sends one HTTP request with the exact path. Secrets in a JSON response are recorded, so that the logs can be searched
 * for them.
 */
export function request(base: string, path: string, sent: Sent = {}): Promise<Received> {
  const { body, headers } = encode(sent)
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { agent, host: hostname.replace(/^\[|\]$/g, ''), port, path, method: sent.method ?? 'GET', headers },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const json = parsed(text, incoming.headers['content-type'])
          recordSecretsIn(json)
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function encode(sent: Sent): { body: string | Buffer | undefined; headers: OutgoingHttpHeaders } {
  const headers: OutgoingHttpHeaders = {}
  let { body } = sent
  if (sent.json !== undefined) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(sent.json)
  }
  if (sent.form !== undefined) {
    headers['content-type'] = 'application/x-www-form-urlencoded'
    body = new URLSearchParams(
      Object.entries(sent.form).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)])),
    ).toString()
  }
  if (sent.bearer !== undefined) headers.authorization = `Bearer ${sent.bearer}`
  if (sent.basic) headers.authorization = `Basic ${Buffer.from(sent.basic.map(encodeURIComponent).join(':')).toString('base64')}`
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body)
  return { body, headers: { ...headers, ...sent.headers } }
}

function parsed(text: string, type = ''): unknown {
  if (!type.includes('json') || text === '') return undefined
  return JSON.parse(text)
}

const secretMembers = ['client_secret', 'registration_access_token', 'access_token', 'refresh_token', 'id_token']

/** Records the secrets among the members of a response. */
export function recordSecretsIn(json: unknown): void {
  if (typeof json !== 'object' || json === null) return
  for (const name of secretMembers) {
    const value = (json as Record<string, unknown>)[name]
    if (typeof value === 'string') recordSecrets(value)
  }
  // The private part of a signing key, or of the keys in a set.
  for (const { d } of [json, (json as { keys?: unknown }).keys ?? []].flat() as { d?: unknown }[])
    if (typeof d === 'string') recordSecrets(d)
}
