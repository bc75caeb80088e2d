import type { Answer } from '../answer.ts'
import { escapeHtml, filled, named, page } from './page.ts'
import type { Words } from './words.ts'

/** Asks a person whether he wants to sign out: a link that somebody sent him must not do it. */
export function signOutPage(words: Words, { challenge, clientName }: { challenge: string; clientName?: string | undefined }): Answer {
  const { signOut } = words
  const reason = clientName ? filled(signOut.reasonOf, { client: `<strong>${named(clientName)}</strong>` }) : escapeHtml(signOut.reason)
  const main = `<p>${reason}</p>
<form method="post">
<input type="hidden" name="logout_challenge" value="${escapeHtml(challenge)}">
<div class="actions">
<button class="main" name="action" value="sign-out">${escapeHtml(signOut.submit)}</button>
<button name="action" value="stay">${escapeHtml(signOut.cancel)}</button>
</div>
</form>`
  return page(200, signOut.title, main, { language: words.language, form: 'sends-on' })
}
