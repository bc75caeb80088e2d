import { createHash } from 'node:crypto'
import { hydraNoStore, type Response } from '../server/response.ts'
import { style } from './style.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as it may stand anywhere in a page: no caller's word becomes markup. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/** What would turn the direction of the words around it, or show nothing at all. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A caller's word inside a sentence of ours: in its own direction, and cut where it goes on and on. */
export const named = (text: string, longest = 80): string => `<bdi>${escapeHtml(cut(text.replace(unseen, ''), longest))}</bdi>`

/** A caller's word, set apart, so that nobody takes it for ours. */
export const quoted = (text: string, longest = 300): string => `<blockquote><code>${escapeHtml(cut(text, longest))}</code></blockquote>`

/** Between two characters, never inside one. */
const cut = (text: string, longest: number): string => (text.length > longest ? `${[...text].slice(0, longest).join('')}…` : text)

/** A sentence of ours with markup in the place of each `{name}`; the rest of it is text. */
export const filled = (sentence: string, markup: Readonly<Record<string, string>>): string =>
  escapeHtml(sentence).replace(/\{(\w+)\}/g, (whole, name: string) => markup[name] ?? whole)

export interface PageOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Of the words on it; English by default. */
  readonly language?: string
  /** Markup, where the heading says more than the title can. */
  readonly heading?: string
  /** Where a person gets by sending a form of it: on, wherever that may be, or back to this page. Absent where it has none. */
  readonly form?: 'sends-on' | 'answered-here'
}

/**
 * A page of ours: no script, nothing from elsewhere, in nobody's frame, and no address passed on.
 *
 * @param main markup; every value in it has been escaped
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

/** The one style there is, by its hash: markup that got in would not even be coloured by its author. */
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
 * No `form-action` where a form sends a person on: browsers hold every redirect after a form against it, and from here the browser is sent
 * on to the client, at an address of any scheme, and by the client to wherever it likes. What the directive is for, a form that somebody
 * smuggled in, is kept out by escaping every value; there is no place in these pages where a caller's markup stays markup.
 */
const formHeaders = {
  'sends-on': { 'content-security-policy': `${policy}; frame-ancestors 'none'` },
  'answered-here': { 'content-security-policy': `${policy}; form-action 'self'; frame-ancestors 'none'` },
}
