import { escapeHtml, filled, named } from './page.ts'
import type { Words } from './words.ts'

export interface ClientLine {
  readonly clientName: string
  readonly verified: boolean
  readonly isNew: boolean
}

/** The name that a client chose, marked as such, and whether it is verified (RFC 7591 §5). */
export function clientLine(words: Words, { clientName, verified, isNew }: ClientLine): string {
  const { consent } = words
  const sentence = filled(verified ? consent.ownName : consent.name, { name: `<strong>${named(clientName)}</strong>` })
  return `<p>${sentence} ${marks(words, verified, isNew)}</p>`
}

function marks({ consent }: Words, verified: boolean, isNew: boolean): string {
  if (verified) return `<span class="mark">${escapeHtml(consent.verified)}</span>`
  const mark = (word: string) => `<span class="mark care">${escapeHtml(word)}</span>`
  return [mark(consent.unverified), ...(isNew ? [mark(consent.new)] : [])].join(' ')
}
