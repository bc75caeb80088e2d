import { escapeHtml, filled, page } from '../html/page.ts'
import { place } from '../html/place.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'

export interface SignInShown {
  readonly challenge: string
  readonly redirectHost: string
  readonly username: string
  /** The error of the last attempt. */
  readonly problem?: { readonly status: number; readonly sentence: string; readonly headers?: Readonly<Record<string, string>> }
}

/** Asks for user name and password. The page never contains the password that was typed. */
export function signInPage(words: Words, { challenge, redirectHost, username, problem }: SignInShown): Response {
  const { signIn } = words
  const title = problem ? signIn.problemTitle.replace('{title}', signIn.title) : signIn.title
  const main = `<p class="soft">${filled(signIn.reason, { place: place(redirectHost, words.place) })}</p>
${problem ? `<p class="problem" id="problem" role="alert">${escapeHtml(problem.sentence)}</p>` : ''}
<form method="post">
<input type="hidden" name="login_challenge" value="${escapeHtml(challenge)}">
${field('username', signIn.username, `type="text" autocomplete="username" autocapitalize="none" spellcheck="false" value="${escapeHtml(username)}"${problem ? invalid : ''}${username === '' ? ' autofocus' : ''}`)}
${field('password', signIn.password, `type="password" autocomplete="current-password"${problem ? invalid : ''}${username === '' ? '' : ' autofocus'}`)}
<label class="choice"><input type="checkbox" name="remember" value="yes"><span>${escapeHtml(signIn.remember)}</span></label>
<div class="actions">
<button class="main" name="action" value="sign-in">${escapeHtml(signIn.submit)}</button>
<button name="action" value="cancel" formnovalidate>${escapeHtml(signIn.cancel)}</button>
</div>
</form>`
  return page(problem?.status ?? 200, title, main, {
    language: words.language,
    heading: escapeHtml(signIn.title),
    form: 'leads-on',
    ...(problem?.headers && { headers: problem.headers }),
  })
}

const invalid = ' aria-invalid="true" aria-describedby="problem"'

const field = (name: string, label: string, attributes: string): string =>
  `<label for="${name}">${escapeHtml(label)}</label>
<input id="${name}" name="${name}" required ${attributes}>`
