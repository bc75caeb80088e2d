import { answerLocation } from '../../protocol/response-mode.ts'
import type { WayBack } from './challenge.ts'

/** Where the browser resumes the authorization: the URL of its request, with the parameters that `add` holds. */
export function resumeUrl({ url, add }: WayBack): string {
  const [base = '', ...query] = url.split('?')
  const parameters = new URLSearchParams(query.join('?'))
  for (const [name, value] of Object.entries(add)) parameters.set(name, value)
  return answerLocation('query', base, [...parameters])
}
