import type { ResponseTarget } from '../core/authorization/authorization-request.ts'
import { sortedQuery, withParameters } from '../protocol/query.ts'
import type { Answer } from './answer.ts'
import { formPostPage } from './pages/form-post-page.ts'

/** Sends the browser back to its client with an answer, in the way that the client asked for (OAuth 2.0 Multiple Response Types §2.1). */
export function toClient({ redirectUri, responseMode }: ResponseTarget, parameters: Readonly<Record<string, string>>): Answer {
  const entries = Object.entries(parameters)
  if (responseMode === 'form_post') return formPostPage(redirectUri, entries)
  const location = responseMode === 'fragment' ? `${redirectUri}#${sortedQuery(entries)}` : withParameters(redirectUri, entries)
  return { status: 303, headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', location } }
}
