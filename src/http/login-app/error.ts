import { fallbackErrorPage } from '../html/error-page.ts'
import { wordsOf } from '../html/words-of.ts'
import { htmlPage } from '../server/operation.ts'
import { queryParameter } from '../server/parameters.ts'
import type { Endpoint } from '../server/route.ts'
import { shared } from './built-in-pages.ts'

/** `GET /oauth2/fallbacks/error` */
export const showError = (): Endpoint => ({
  method: 'GET',
  path: '/oauth2/fallbacks/error',
  face: 'page',
  operation: {
    ...shared,
    id: 'showFallbackError',
    summary: 'Show the built-in error page, for `error` and `error_description`.',
    responses: { 500: htmlPage('A page.') },
    isStatic: true,
  },
  handler: (request) =>
    fallbackErrorPage(wordsOf(request), {
      error: queryParameter(request, 'error'),
      description: queryParameter(request, 'error_description'),
    }),
})
