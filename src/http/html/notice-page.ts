import type { Response } from '../server/response.ts'
import { escapeHtml, filled, page } from './page.ts'
import type { Words } from './words.ts'

/** The link contains a challenge or a verifier that is unknown, expired or already used. */
export const gonePage = ({ language, gone }: Words, status: 400 | 404 = 404): Response =>
  page(status, gone.title, `<p>${escapeHtml(gone.reason)}</p>`, { language })

/** The built-in page of this step is not in use; names the setting for another page. 200, as in Hydra. */
export function notSetUpPage({ language, off }: Words, step: 'login' | 'consent' | 'logout'): Response {
  const code = (text: string) => `<code>${text}</code>`
  const key = code(`urls.${step}`)
  const main = `<p>${escapeHtml(off.reason)}</p>
<h2>${escapeHtml(off.operator)}</h2>
<p>${filled(off.keys, { key })}</p>
<pre tabindex="0"><code>urls:
  ${step}: https://login.example.com/${step}</code></pre>
<p>${filled(off.dev, { key, dev: code('dev: true'), users: code('users') })}</p>`
  return page(200, off[step], main, { language })
}
