import type { IncomingMessage } from 'node:http'
import { InvalidJson, type JsonLimits, parseJson } from '../../lib/json.ts'
import type { Request } from './request.ts'

/** A body of more bytes than the listener takes. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/**
 * The bytes of a body, whatever its header says of them.
 *
 * @param limit bytes
 * @throws BodyTooLarge before the rest is read; Node's `aborted` when the caller hangs up in the middle
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length']) > limit) return reject(new BodyTooLarge())
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) return reject(new BodyTooLarge())
      chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)))
    request.on('error', reject)
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const bytesOf = (request: Request): Buffer => (Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))

/**
 * The body as JSON, whatever its `Content-Type` says (Hydra's callers often send none).
 *
 * @throws InvalidJson also for an empty body, and one that is not UTF-8
 */
export function jsonBody(request: Request, limits: JsonLimits): unknown {
  const bytes = bytesOf(request)
  if (bytes.length === 0) throw new InvalidJson('the body is empty; a JSON object is needed')
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new InvalidJson('the body is not valid UTF-8')
  }
  return parseJson(text, limits)
}

/** A body whose form has more fields than are read. */
export class TooManyFields extends Error {
  override name = 'TooManyFields'
}

/** Fields of one form. 64 KiB can hold 32,000, which take 20 ms to read. */
export const mostFields = 1_024

/**
 * The body as form fields; empty where it is no form (RFC 6749 §3.2).
 *
 * @throws TooManyFields before any is read
 */
export function formBody(request: Request): URLSearchParams {
  if (!isForm(request.headers['content-type'])) return new URLSearchParams()
  const bytes = bytesOf(request)
  let fields = 1
  for (let at = bytes.indexOf(ampersand); at !== -1; at = bytes.indexOf(ampersand, at + 1)) {
    if (++fields > mostFields) throw new TooManyFields()
  }
  return new URLSearchParams(bytes.toString('utf8'))
}

const ampersand = 0x26

const formType = 'application/x-www-form-urlencoded'

/** By the media type, whatever its case and parameters. */
const isForm = (contentType: string | undefined): boolean =>
  contentType === formType || contentType?.split(';', 1)[0]?.trim().toLowerCase() === formType
