import type { Answer } from '../answer.ts'
import { escapeHtml, page } from './page.ts'
import type { Words } from './words.ts'

/** The end of signing out, where no client has a page for it. */
export const signedOutPage = (words: Words): Answer => closing(words, words.signOut.done)

/** The end of thinking better of it. */
export const stillSignedInPage = (words: Words): Answer => closing(words, words.signOut.kept)

const closing = ({ language, signOut }: Words, title: string): Answer =>
  page(200, title, `<p>${escapeHtml(signOut.close)}</p>`, { language })
