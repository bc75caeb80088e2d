import { clientLine } from '../html/client-line.ts'
import { dateIn } from '../html/date-in.ts'
import { escapeHtml, filled, named, page } from '../html/page.ts'
import { place } from '../html/place.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'
import { askedScopes, scopeWords } from './scope-words.ts'

/** A client with access. */
export interface GrantedShown {
  readonly clientId: string
  readonly clientName: string
  readonly verified: boolean
  /** Of the redirect URIs that were used; for a private-use scheme, the scheme with its colon. */
  readonly redirectHosts: readonly string[]
  readonly scope: readonly string[]
  /** Milliseconds since 1970 UTC; undefined where the page shows only a part of the grants. */
  readonly since: number | undefined
}

/** The result of the submitted form. */
export type GrantsNotice =
  | { readonly kind: 'removed'; readonly clientName: string }
  | { readonly kind: 'nothing-to-remove' }
  | { readonly kind: 'form-outdated' }

export interface GrantsShown {
  readonly user: string
  readonly clients: readonly GrantedShown[]
  /** A hidden value of each form. */
  readonly formToken: string
  /** The query of the next page. */
  readonly older?: string | undefined
  readonly notice?: GrantsNotice | undefined
}

/** Lists the clients with access to an account, and lets the person remove it (OAuth 2.1 §7.12). */
export function grantsPage(words: Words, { user, clients, formToken, older, notice }: GrantsShown): Response {
  const { consent, grants } = words
  const items = clients.map((client, at) => item(words, client, formToken, `client-${at + 1}`))
  const nothing = older === undefined ? `<p>${escapeHtml(grants.none)}</p>` : ''
  const main = `${notice ? noticeLine(words, notice) : ''}
<p class="soft">${filled(consent.user, { user: `<strong>${named(user)}</strong>` })}</p>
${items.length === 0 ? nothing : `<ul class="plain grants">\n${items.join('\n')}\n</ul>`}
${older === undefined ? '' : `<p><a href="?${escapeHtml(older)}">${escapeHtml(grants.older)}</a></p>`}`
  const status = notice?.kind === 'form-outdated' ? 403 : 200
  return page(status, titleOf(words, notice), main, { language: words.language, heading: escapeHtml(grants.title), form: 'same-page' })
}

/** The host comes first, as on the consent page. */
function item(words: Words, client: GrantedShown, formToken: string, id: string): string {
  const { clientId, redirectHosts, since } = client
  const places = redirectHosts.map((host) => place(host, words.grants))
  return `<li>
<h2 id="${id}">${places.join(', ')}</h2>
${clientLine(words, { ...client, isNew: false })}
${scopes(words, client.scope)}
${since === undefined ? '' : `<p class="soft">${filled(words.grants.since, { date: escapeHtml(dateIn(words.language, since)) })}</p>`}
<form method="post">
<input type="hidden" name="form_token" value="${escapeHtml(formToken)}">
<input type="hidden" name="client_id" value="${escapeHtml(clientId)}">
<button aria-describedby="${id}">${escapeHtml(words.grants.remove)}</button>
</form>
</li>`
}

function scopes(words: Words, granted: readonly string[]): string {
  const lines = askedScopes(granted).map(({ name }) => `<li>${scopeWords(name, words)}</li>`)
  return lines.length === 0 ? `<p>${escapeHtml(words.grants.noScopes)}</p>` : `<ul>\n${lines.join('\n')}\n</ul>`
}

function noticeLine({ grants }: Words, notice: GrantsNotice): string {
  switch (notice.kind) {
    case 'removed':
      return `<p class="note" role="status">${filled(grants.removed, { name: `<strong>${named(notice.clientName)}</strong>` })}</p>`
    case 'nothing-to-remove':
      return `<p class="note" role="status">${escapeHtml(grants.nothingToRemove)}</p>`
    case 'form-outdated':
      return `<p class="problem" role="alert">${escapeHtml(grants.outdated)}</p>`
  }
}

/** A screen reader reads the title first, so the result is in it. */
function titleOf({ grants, signIn }: Words, notice: GrantsNotice | undefined): string {
  if (notice?.kind === 'removed') return grants.removedTitle.replace('{title}', grants.title)
  return notice?.kind === 'form-outdated' ? signIn.problemTitle.replace('{title}', grants.title) : grants.title
}

/** 401: no account is signed in. */
export function notSignedInPage({ language, grants, signIn }: Words): Response {
  const main = `<p>${filled(grants.notSignedIn, { remember: `<strong>${escapeHtml(signIn.remember)}</strong>` })}</p>`
  return page(401, grants.notSignedInTitle, main, { language })
}

/** The operator has another consent page. */
export const grantsElsewherePage = ({ language, grants }: Words): Response =>
  page(404, grants.elsewhereTitle, `<p>${escapeHtml(grants.elsewhere)}</p>`, { language })
