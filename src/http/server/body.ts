import type { IncomingMessage } from 'node:http'
import { InvalidJson, type JsonLimits, parseJson } from '../../lib/json.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Request } from './request.ts'

export type BodyRefusal = { readonly kind: 'body-invalid'; readonly message: string } | { readonly kind: 'body-too-large' }

const invalid = (message: string) => new Refusal<BodyRefusal>({ kind: 'body-invalid', message })
const tooLarge = () => new Refusal<BodyRefusal>({ kind: 'body-too-large' })

/**
 * The bytes of a body, whatever its `Content-Type`.
 *
 * @param limit bytes
 * @throws Refusal `body-too-large` before the rest is read; Node's `aborted` when the caller closes the connection in the middle
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > limit) return reject(tooLarge())
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) return reject(tooLarge())
      chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)))
    request.on('error', reject)
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The body as JSON, whatever its `Content-Type` (many clients of Hydra send none).
 *
 * @throws Refusal `body-invalid` also for an empty body, and for one that is not UTF-8
 */
export function jsonBody({ body }: Request, limits: JsonLimits): unknown {
  if (body.length === 0) throw invalid('the body is empty; a JSON object is needed')
  try {
    return parseJson(decoded(body), limits)
  } catch (error) {
    throw error instanceof InvalidJson ? invalid(error.message) : error
  }
}

function decoded(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw invalid('the body is not valid UTF-8')
  }
}

/** A body of 64 KiB can hold 32,000 form fields, which take 20 ms to parse. */
const maxFields = 1_024

/**
 * The body as form fields; empty where its media type is another one (RFC 6749 §3.2).
 *
 * @throws Refusal `body-invalid` for too many fields, before any is parsed
 */
export function formBody({ headers, body }: Request): URLSearchParams {
  if (!isForm(headers['content-type'])) return new URLSearchParams()
  let fields = 1
  for (let at = body.indexOf(ampersand); at !== -1; at = body.indexOf(ampersand, at + 1)) {
    if (++fields > maxFields) throw invalid(`the form has more than ${maxFields} fields`)
  }
  return new URLSearchParams(body.toString('utf8'))
}

const ampersand = 0x26

const formType = 'application/x-www-form-urlencoded'

/** Compares the media type alone: its case and parameters do not matter. */
const isForm = (contentType: string | undefined): boolean =>
  contentType === formType || contentType?.split(';', 1)[0]?.trim().toLowerCase() === formType
