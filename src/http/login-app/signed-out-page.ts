import { escapeHtml, page } from '../html/page.ts'
import type { Words } from '../html/words.ts'
import type { Answer } from '../server/response.ts'

/** The end of signing out, where no client has a page for it. */
export const signedOutPage = (words: Words): Answer => closing(words, words.signOut.done)

/** The end of thinking better of it. */
export const stillSignedInPage = (words: Words): Answer => closing(words, words.signOut.kept)

const closing = ({ language, signOut }: Words, title: string): Answer =>
  page(200, title, `<p>${escapeHtml(signOut.close)}</p>`, { language })
