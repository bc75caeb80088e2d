import type { Response } from '../server/response.ts'
import { escapeHtml, filled, page } from './page.ts'
import { place } from './place.ts'
import type { Words } from './words.ts'

export interface LeavingShown {
  /** A host, or a private-use scheme with its colon. */
  readonly host: string
  readonly address: string
  /** Whether the session of the browser has just ended. */
  readonly isSignedOut: boolean
}

/** Links to a URL that any client can register; the person sees its host before following the link. */
export function leavingPage(words: Words, { host, address, isSignedOut }: LeavingShown): Response {
  const { signOut, leaving, language } = words
  const markup = { place: place(host, words.place) }
  const main = `<p>${filled(leaving.reason, markup)}</p>
<p><a href="${escapeHtml(address)}" rel="noreferrer">${filled(leaving.go, markup)}</a></p>
<p class="soft">${escapeHtml(signOut.close)}</p>`
  return page(200, isSignedOut ? signOut.done : leaving.title, main, { language })
}
