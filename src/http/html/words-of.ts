import { languagesOf } from '../server/languages.ts'
import type { Request } from '../server/request.ts'
import type { Response } from '../server/response.ts'
import { type Words, wordsFor } from './words.ts'

/** Our words for a person, by what `languagesOf` says. */
export const wordsOf = (request: Request, uiLocales?: readonly string[]): Words => wordsFor(languagesOf(request, uiLocales))

/** 303: whatever method brought the browser here, it goes on with GET (RFC 9700 §4.12). */
export const goOn = (address: string): Response => ({
  status: 303,
  headers: { location: address, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
})
