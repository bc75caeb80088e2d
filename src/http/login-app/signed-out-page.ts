import { escapeHtml, page } from '../html/page.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'

/** The end of signing out, where no client has a page for it. */
export const signedOutPage = (words: Words): Response => closing(words, words.signOut.done)

/** The end of thinking better of it. */
export const stillSignedInPage = (words: Words): Response => closing(words, words.signOut.kept)

const closing = ({ language, signOut }: Words, title: string): Response =>
  page(200, title, `<p>${escapeHtml(signOut.close)}</p>`, { language })
