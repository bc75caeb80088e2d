import type { AssertionCredentials, ClientCredentials } from '../../core/clients/authenticate-client.ts'
import { assertionType } from '../../protocol/grant-types.ts'
import { refused } from '../errors/refusals.ts'
import { countedAddressOf } from '../server/client-address.ts'
import { once } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'

/**
 * The credentials of a client: Basic credentials, or `client_id` with or without `client_secret` in the form (RFC 6749 §2.3.1), or a
 * signed assertion (RFC 7521 §4.2); exactly one of them.
 *
 * @throws Refusal `credentials-missing`, `credentials-twice`, `assertion-missing` or `assertion-type-unknown`
 */
export function readCredentials(request: Request, form: URLSearchParams): ClientCredentials {
  const [clientId, secret] = [once(form, 'client_id'), once(form, 'client_secret')]
  const header = request.headers.authorization
  const assertion = readAssertion(form, clientId)
  if (assertion) {
    if (secret !== undefined || header !== undefined) throw refused({ kind: 'credentials-twice' })
    return assertion
  }
  const address = countedAddressOf(request)
  const basic = header === undefined ? undefined : basicCredentials(header)
  if (basic) {
    const isOther = clientId !== undefined && clientId !== basic.clientId && clientId !== basic.undecoded?.clientId
    if (secret !== undefined || isOther) throw refused({ kind: 'credentials-twice' })
    return { method: 'client_secret_basic', ...basic, address }
  }
  if (clientId === undefined || header !== undefined) throw refused({ kind: 'credentials-missing' })
  if (secret === undefined) return { method: 'none', clientId, secret: '', address }
  return { method: 'client_secret_post', clientId, secret, address }
}

function readAssertion(form: URLSearchParams, clientId: string | undefined): AssertionCredentials | undefined {
  const [type, assertion] = [once(form, 'client_assertion_type'), once(form, 'client_assertion')]
  if (type === undefined && assertion === undefined) return undefined
  if (type !== assertionType) throw refused({ kind: 'assertion-type-unknown', type: type ?? '' })
  if (assertion === undefined) throw refused({ kind: 'assertion-missing' })
  return { method: 'private_key_jwt', clientId, assertion }
}

interface BasicCredentials {
  readonly clientId: string
  readonly secret: string
  readonly undecoded?: { readonly clientId: string; readonly secret: string }
}

/**
 * RFC 6749 §2.3.1: id and secret are form-encoded, then joined and encoded in Base64 (RFC 7617). Many clients do not form-encode: where
 * it makes a difference, both readings are kept.
 */
export function basicCredentials(header: string): BasicCredentials | undefined {
  const encoded = /^basic ([a-z0-9+/_=-]+)$/i.exec(header)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)]
  const decoded = { clientId: formDecoded(id), secret: formDecoded(secret) }
  return decoded.clientId === id && decoded.secret === secret ? decoded : { ...decoded, undecoded: { clientId: id, secret } }
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
