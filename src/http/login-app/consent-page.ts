import { clientLine } from '../html/client-line.ts'
import { dateIn } from '../html/date-in.ts'
import { escapeHtml, filled, named, page } from '../html/page.ts'
import { isOnDevice, place, placeFirst } from '../html/place.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'
import { askedScopes, scopeWords } from './scope-words.ts'

export interface ConsentShown {
  readonly challenge: string
  readonly clientName: string
  readonly clientUri?: string | undefined
  readonly policyUri?: string | undefined
  readonly tosUri?: string | undefined
  readonly verified: boolean
  readonly redirectHost: string
  readonly requestedScope: readonly string[]
  readonly requestedAudience: readonly string[]
  /** The name of the account. */
  readonly user: string
  /** Milliseconds since 1970 UTC. */
  readonly firstSeen: number
  readonly isNew: boolean
  readonly mayRemember: boolean
}

/**
 * Asks a person for consent. The host of the redirect URI, which the client cannot choose freely, comes first; what the client registered
 * about itself comes after, marked as such (RFC 7591 §5).
 */
export function consentPage(words: Words, shown: ConsentShown): Response {
  const { consent } = words
  const main = `${clientLine(words, shown)}
${warning(words, shown)}
<p class="soft">${filled(consent.user, { user: `<strong>${named(shown.user)}</strong>` })}</p>
<form method="post">
<input type="hidden" name="consent_challenge" value="${escapeHtml(shown.challenge)}">
${scopes(words, shown.requestedScope)}
${audience(words, shown.requestedAudience)}
${shown.mayRemember ? `<label class="choice"><input type="checkbox" name="remember" value="yes"><span>${escapeHtml(consent.remember)}</span></label>` : ''}
<div class="actions">
<button class="main" name="action" value="allow">${escapeHtml(consent.allow)}</button>
<button name="action" value="deny">${escapeHtml(consent.deny)}</button>
</div>
</form>
${facts(words, shown)}`
  const heading = filled(consent.heading, { place: placeFirst(shown.redirectHost, words) })
  return page(200, consent.title, main, { language: words.language, heading, form: 'leads-on' })
}

/** For a client that is not verified. Any program on the device can receive a loopback redirect (RFC 8252 §8.6). */
function warning(words: Words, { verified, redirectHost }: ConsentShown): string {
  if (verified) return ''
  const sentence = isOnDevice(redirectHost) ? words.consent.loopbackWarning : words.consent.warning
  return `<p class="care-note">${filled(sentence, { place: place(redirectHost, words.place) })}</p>`
}

function scopes(words: Words, requested: readonly string[]): string {
  const asked = askedScopes(requested)
  if (asked.length === 0) return `<p>${escapeHtml(words.consent.noScopes)}</p>`
  const lines = asked.map(({ name, isFixed }) => {
    const text = `<span>${scopeWords(name, words)}</span>`
    return isFixed
      ? `<li class="choice"><span class="fixed" aria-hidden="true">✓</span>${text}</li>`
      : `<li><label class="choice"><input type="checkbox" name="scope" value="${escapeHtml(name)}" checked>${text}</label></li>`
  })
  return `<fieldset><legend>${escapeHtml(words.consent.scopes)}</legend>
<ul class="plain">
${lines.join('\n')}
</ul></fieldset>`
}

function audience({ consent }: Words, requested: readonly string[]): string {
  if (requested.length === 0) return ''
  return `<p>${escapeHtml(consent.audience)} ${requested.map((each) => `<code>${escapeHtml(each)}</code>`).join(', ')}</p>`
}

function facts({ consent, grants, language }: Words, { clientUri, policyUri, tosUri, verified, firstSeen }: ConsentShown): string {
  const links = [link(consent.website, clientUri), link(consent.policy, policyUri), link(consent.terms, tosUri)].filter(
    (each) => each !== '',
  )
  const said = links.length > 0 ? [`<p>${escapeHtml(consent.links)} ${links.join(' · ')}</p>`] : []
  const known = verified ? [] : [`<p>${filled(consent.firstSeen, { date: escapeHtml(dateIn(language, firstSeen)) })}</p>`]
  // In another tab, so that the consent page stays open.
  const way = `<a href="grants" target="_blank" rel="noopener">${escapeHtml(grants.title)}</a>`
  const later = `<p>${filled(consent.later, { page: way })}</p>`
  return `<div class="facts">\n${[...said, ...known, later].join('\n')}\n</div>`
}

/** The linked page gets no referrer and no access to this one (RFC 7591 §5). */
const link = (text: string, uri: string | undefined): string =>
  uri !== undefined && /^https?:\/\//i.test(uri)
    ? `<a href="${escapeHtml(uri)}" target="_blank" rel="noopener noreferrer nofollow">${escapeHtml(text)}</a>`
    : ''
