import type { ResponseTarget } from '../core/authorization/authorization-request.ts'
import { answerLocation } from '../protocol/response-mode.ts'
import type { Answer } from './answer.ts'
import { formPostPage } from './pages/form-post-page.ts'

/** Sends the browser back to its client with an answer, in the way that the client asked for. */
export function toClient({ redirectUri, responseMode }: ResponseTarget, parameters: Readonly<Record<string, string>>): Answer {
  const entries = Object.entries(parameters)
  if (responseMode === 'form_post') return formPostPage(redirectUri, entries)
  const location = answerLocation(responseMode, redirectUri, entries)
  return { status: 303, headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', location } }
}
