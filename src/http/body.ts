import type { FastifyRequest } from 'fastify'
import { InvalidJson, type JsonLimits, parseJson } from '../lib/json.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

const bytesOf = (request: FastifyRequest): Buffer => (Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))

/**
 * The body as JSON, whatever its `Content-Type` says (Hydra's callers often send none).
 *
 * @throws InvalidJson also for an empty body, and one that is not UTF-8
 */
export function jsonBody(request: FastifyRequest, limits: JsonLimits): unknown {
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

/** The body as form fields; empty where it is no form (RFC 6749 §3.2). */
export function formBody(request: FastifyRequest): URLSearchParams {
  const isForm = request.bodyMediaType === 'application/x-www-form-urlencoded'
  return new URLSearchParams(isForm ? bytesOf(request).toString('utf8') : '')
}
