import { escapeHtml, filled, named } from './page.ts'
import type { Words } from './words.ts'

export interface ClientLine {
  readonly clientName: string
  readonly verified: boolean
  readonly isNew: boolean
}

/** What a client calls itself, as its own word, and what we know of it (RFC 7591 §5). */
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
