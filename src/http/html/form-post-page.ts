import { hash } from 'node:crypto'
import type { AnswerParams } from '../../protocol/response-mode.ts'
import type { Response } from '../server/response.ts'
import { escapeHtml, page } from './page.ts'

const script = 'document.forms[0].submit()'

/**
 * Without `form-action`: the form goes to a checked redirect URI, and browsers apply the directive to redirects of the client's response,
 * too. The client may check the sender of the form, so the browser sends the origin, but not the URL.
 */
const headers = {
  'content-security-policy': `default-src 'none'; script-src 'sha256-${hash('sha256', script, 'base64')}'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'origin',
}

/** A form that submits itself to the client; without scripts, the person does (OAuth 2.0 Form Post Response Mode §2). */
export function formPostPage(redirectUri: string, params: AnswerParams): Response {
  const fields = params.map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
  const main = `<p>You are being sent back to the app.</p>
<form method="post" action="${escapeHtml(redirectUri)}">
${fields.join('\n')}
<noscript><button type="submit">Continue</button></noscript>
</form>
<script>${script}</script>`
  return page(200, 'One moment', main, { headers })
}
