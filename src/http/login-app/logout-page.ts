import { escapeHtml, filled, named, page } from '../html/page.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'

export interface LogoutShown {
  readonly challenge: string
  /** Absent where no client started the logout. */
  readonly clientName?: string | undefined
  /** The name of the account. */
  readonly user: string
}

/** Asks a person to confirm the logout, as any site can link to it. */
export function logoutPage(words: Words, { challenge, clientName, user }: LogoutShown): Response {
  const { signOut, consent } = words
  const reason = clientName ? filled(signOut.reasonOf, { client: `<strong>${named(clientName)}</strong>` }) : escapeHtml(signOut.reason)
  const main = `<p>${reason}</p>
<p class="soft">${filled(consent.user, { user: `<strong>${named(user)}</strong>` })}</p>
<form method="post">
<input type="hidden" name="logout_challenge" value="${escapeHtml(challenge)}">
<div class="actions">
<button class="main" name="action" value="sign-out">${escapeHtml(signOut.submit)}</button>
<button name="action" value="stay">${escapeHtml(signOut.cancel)}</button>
</div>
</form>`
  return page(200, signOut.title, main, { language: words.language, form: 'leads-on' })
}
