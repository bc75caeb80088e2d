import { languagesOf } from '../server/languages.ts'
import type { Request } from '../server/request.ts'
import { type Words, wordsFor } from './words.ts'

/** The texts of pages in the language of the person who sent a request. */
export const wordsOf = (request: Request, uiLocales?: readonly string[]): Words => wordsFor(languagesOf(request, uiLocales))
