import type { Response } from '../server/response.ts'
import { escapeHtml, filled, page } from './page.ts'
import type { Words } from './words.ts'

/** A challenge that nobody waits for any more, or that never was. */
export const gonePage = ({ language, gone }: Words): Response => page(404, gone.title, `<p>${escapeHtml(gone.reason)}</p>`, { language })

/** No page of ours is in use for this step: says which setting would name one. 200, as Hydra's page for the same. */
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
