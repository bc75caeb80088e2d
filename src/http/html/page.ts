import { createHash } from 'node:crypto'
import { hydraNoStore, type Response } from '../server/response.ts'
import { style } from './style.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text, escaped for any place in a page. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/** Characters that change the direction of the text around them, or that are invisible. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A caller's text inside a sentence: isolated in its direction, and truncated. */
export const named = (text: string, longest = 80): string => `<bdi>${escapeHtml(truncated(text.replace(unseen, ''), longest))}</bdi>`

/** A caller's text as a quotation, so that it is not mistaken for a text of the server. */
export const quoted = (text: string, longest = 300): string =>
  `<blockquote><code>${escapeHtml(truncated(text, longest))}</code></blockquote>`

/** Truncates between two characters, never inside one. */
const truncated = (text: string, longest: number): string => (text.length > longest ? `${[...text].slice(0, longest).join('')}…` : text)

/** A sentence with markup in place of each `{name}`; the rest is escaped. */
export const filled = (sentence: string, markup: Readonly<Record<string, string>>): string =>
  escapeHtml(sentence).replace(/\{(\w+)\}/g, (whole, name: string) => markup[name] ?? whole)

export interface PageOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Of the texts; English by default. */
  readonly language?: string
  /** Markup of the heading, where it differs from the title. */
  readonly heading?: string
  /** The destination of its form: another page or site, or this page. Absent: there is no form. */
  readonly form?: 'leads-on' | 'same-page'
}

/**
 * A page without scripts and foreign content, which cannot be framed and sends no referrer.
 *
 * @param main markup, with every value in it escaped
 */
export function page(status: number, title: string, main: string, options: PageOptions = {}): Response {
  const { headers, language = 'en', heading = escapeHtml(title), form } = options
  const body = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
${main}
</main>
</body>
</html>
`
  return { status, headers: { ...pageHeaders, ...(form && formHeaders[form]), ...headers }, body }
}

/** The only allowed style, by its hash. */
const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
const policy = `default-src 'none'; style-src ${styleSource}; base-uri 'none'`

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  ...hydraNoStore,
  'content-security-policy': `${policy}; form-action 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/**
 * Without `form-action` where a form leads on: browsers apply the directive to every redirect after the form, which ends at the client, at a
 * URL of any scheme, or where the client redirects to. The directive protects against injected forms; here every value is escaped.
 */
const formHeaders = {
  'leads-on': { 'content-security-policy': `${policy}; frame-ancestors 'none'` },
  'same-page': { 'content-security-policy': `${policy}; form-action 'self'; frame-ancestors 'none'` },
}
