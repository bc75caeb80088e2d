import type { Answer } from '../answer.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as it may stand anywhere in a page: no caller's word becomes markup. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/**
 * A page of ours: no script, nothing from elsewhere, in nobody's frame, and no address passed on.
 *
 * @param main markup; every value in it has been escaped
 */
export function page(status: number, title: string, main: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 36rem; padding: 10vh 1.5rem 3rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
code { font-size: .9em; overflow-wrap: anywhere }
blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: .25rem solid #888 }
pre { overflow-x: auto }
details { margin: .75rem 0 }
summary { cursor: pointer }
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${main}
</main>
</body>
</html>
`
  return { status, headers: { ...pageHeaders, ...headers }, body }
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
