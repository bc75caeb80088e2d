import { sortedQuery } from './query.ts'

/** How an answer reaches the client (OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode §2). */
export const responseModes = ['query', 'fragment', 'form_post'] as const

export type ResponseMode = (typeof responseModes)[number]

export const isResponseMode = (text: string): text is ResponseMode => (responseModes as readonly string[]).includes(text)

export type AnswerParams = readonly (readonly [name: string, value: string])[]

/** The `Location` that carries an answer in the query or the fragment of a trusted redirect URI. */
export function answerLocation(mode: 'query' | 'fragment', redirectUri: string, params: AnswerParams): string {
  // RFC 6749 §3.1.2: a redirect URI has no fragment; if one slipped in, it must not swallow the answer.
  const [registered = ''] = redirectUri.split('#', 1)
  const target = asciiUri(registered)
  return mode === 'fragment' ? `${target}#${sortedQuery(params)}` : withQuery(target, params)
}

/** RFC 3987 §3.1: a header holds no other characters, and a browser would write them so itself. */
export const asciiUri = (uri: string): string => uri.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))

/** The address of a page of the operator's, and what it is told. It may have a fragment: web applications keep their place there. */
export function pageLocation(page: string, params: AnswerParams): string {
  const at = page.indexOf('#')
  return answerLocation('query', page, params) + (at < 0 ? '' : asciiUri(page.slice(at)))
}

/** The query that the client registered is kept as it is (RFC 6749 §3.1.2), but for parameters that the answer has, too. */
function withQuery(target: string, params: AnswerParams): string {
  const at = target.indexOf('?')
  if (at < 0) return `${target}?${sortedQuery(params)}`
  const ours = new Set(params.map(([name]) => name))
  const isKept = (pair: string) => pair !== '' && !ours.has([...new URLSearchParams(pair).keys()][0] ?? '')
  const kept = target
    .slice(at + 1)
    .split('&')
    .filter(isKept)
  return `${target.slice(0, at)}?${[...kept, sortedQuery(params)].join('&')}`
}
