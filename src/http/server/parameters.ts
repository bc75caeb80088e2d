import { Refusal } from '../../lib/refusal.ts'
import type { Request } from './request.ts'

export type ParameterRefusal = { readonly kind: 'parameter-repeated'; readonly name: string }

/**
 * The only value of a form or query parameter. An empty value counts as not sent (RFC 6749 §3.2).
 *
 * @throws Refusal `parameter-repeated`
 */
export function once(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name)
  if (values.length > 1) throw new Refusal<ParameterRefusal>({ kind: 'parameter-repeated', name })
  return values[0] || undefined
}

/** The text after the first `?` of a request's URL, as it was sent. */
export const queryOf = ({ url }: Request): string => url.split('?').slice(1).join('?')

/** The first value of a query parameter; undefined where it is absent or empty. */
export function queryParameter({ query }: Request, name: string): string | undefined {
  const value = query[name]
  const first = typeof value === 'object' ? value[0] : value
  return first === '' ? undefined : first
}

/** A path parameter, decoded. */
export const pathParameter = ({ params }: Request, name: 'id' | 'kid'): string => params[name] ?? ''

/** The client id in a path. A NUL is replaced: no client id contains one, and PostgreSQL rejects it in a query. */
export const pathClientId = (request: Request): string => pathParameter(request, 'id').replaceAll('\0', '\ufffd')
