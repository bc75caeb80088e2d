import type { FastifyRequest } from 'fastify'
import { Refusal } from '../../lib/refusal.ts'
import type { DoorReason } from '../errors/reasons.ts'

const refuse = (reason: DoorReason) => new Refusal<DoorReason>(reason)

/**
 * The one value of a parameter; an empty one counts as not sent (RFC 6749 §3.2).
 *
 * @throws Refusal `parameter-repeated`
 */
export function once(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name)
  if (values.length > 1) throw refuse({ kind: 'parameter-repeated', name })
  return values[0] || undefined
}

/** What stands behind the first `?` of a request's address, as it was sent. */
export const queryOf = ({ url }: FastifyRequest): string => url.split('?').slice(1).join('?')
