import { createHash } from 'node:crypto'
import type { Answer } from '../answer.ts'
import { escapeHtml } from './page.ts'

const script = 'document.forms[0].submit()'
const scriptHash = createHash('sha256').update(script).digest('base64')

/** OAuth 2.0 Form Post Response Mode §2: the answer as a form that sends itself, or that a person sends where scripts are off. */
export function formPostPage(action: string, fields: readonly (readonly [string, string])[]): Answer {
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // No form-action: the form goes to the client, and browsers apply the rule to every redirect behind it.
      'content-security-policy': `default-src 'none'; script-src 'sha256-${scriptHash}'; base-uri 'none'; frame-ancestors 'none'`,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Continue to the app</title></head>
<body>
<form method="post" action="${escapeHtml(action)}">
${inputs.join('\n')}
<noscript><button>Continue to the app</button></noscript>
</form>
<script>${script}</script>
</body>
</html>
`,
  }
}
