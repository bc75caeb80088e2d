import { escapeHtml, page } from '../html/page.ts'
import type { Words } from '../html/words.ts'
import type { Response } from '../server/response.ts'

/** After a logout that leads to no other page. */
export const signedOutPage = (words: Words): Response => closing(words, words.signOut.done)

/** After a logout that was cancelled. */
export const stillSignedInPage = (words: Words): Response => closing(words, words.signOut.kept)

const closing = ({ language, signOut }: Words, title: string): Response =>
  page(200, title, `<p>${escapeHtml(signOut.close)}</p>`, { language })
