import type { WayBack } from '../core/authorization/challenge.ts'
import { answerLocation } from '../protocol/response-mode.ts'

/** The browser's own request again, with what it brings back. */
export function wayBack({ url, add }: WayBack): string {
  const [base = '', ...query] = url.split('?')
  const parameters = new URLSearchParams(query.join('?'))
  for (const [name, value] of Object.entries(add)) parameters.set(name, value)
  return answerLocation('query', base, [...parameters])
}
