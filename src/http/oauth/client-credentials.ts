import type { FastifyRequest } from 'fastify'
import type { ClientCredentials } from '../../core/clients/authenticate-client.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { DoorReason } from '../reasons.ts'
import { once } from './parameters.ts'

const refuse = (reason: DoorReason) => new Refusal<DoorReason>(reason)

/**
 * How the caller says who he is (RFC 6749 §2.3.1): Basic credentials, or `client_id` with or without `client_secret` in the form;
 * one way, not two.
 *
 * @throws Refusal `credentials-missing`, `credentials-twice` or `assertion-unsupported`
 */
export function readCredentials(request: FastifyRequest, form: URLSearchParams): ClientCredentials {
  const [clientId, secret] = [once(form, 'client_id'), once(form, 'client_secret')]
  const header = request.headers.authorization
  const basic = header === undefined ? undefined : basicCredentials(header)
  if (form.has('client_assertion') || form.has('client_assertion_type')) throw refuse({ kind: 'assertion-unsupported' })
  if (basic) {
    if (secret !== undefined || (clientId !== undefined && clientId !== basic.clientId)) throw refuse({ kind: 'credentials-twice' })
    return basic
  }
  if (clientId === undefined || header !== undefined) throw refuse({ kind: 'credentials-missing' })
  return secret === undefined ? { method: 'none', clientId, secret: '' } : { method: 'client_secret_post', clientId, secret }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded, then joined and put into Base64 (RFC 7617). */
function basicCredentials(header: string): ClientCredentials | undefined {
  const encoded = /^basic ([a-z0-9+/_=-]+)$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  const [clientId, secret] = [formDecoded(decoded.slice(0, colon)), formDecoded(decoded.slice(colon + 1))]
  return { method: 'client_secret_basic', clientId, secret }
}

/** Callers that do not encode are understood too, as long as what they send is no valid encoding of something else. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
