import type { Response } from '../server/response.ts'
import { escapeHtml, filled, page } from './page.ts'
import { place } from './place.ts'
import type { Words } from './words.ts'

export interface LeavingShown {
  /** As of a redirect URI: a host, or a private-use scheme with its colon. */
  readonly host: string
  readonly address: string
  /** Whether the session of this browser has just ended. */
  readonly isSignedOut: boolean
}

/** Sends a person on to an address that anybody may have registered: after a click, and the host is named. */
export function leavingPage(words: Words, { host, address, isSignedOut }: LeavingShown): Response {
  const { signOut, leaving, language } = words
  const markup = { place: place(host, words.place) }
  const main = `<p>${filled(leaving.reason, markup)}</p>
<p><a href="${escapeHtml(address)}" rel="noreferrer">${filled(leaving.go, markup)}</a></p>
<p class="soft">${escapeHtml(signOut.close)}</p>`
  return page(200, isSignedOut ? signOut.done : leaving.title, main, { language })
}
