import type { Response } from '../server/response.ts'

/** 303: the browser continues with GET, whatever the method of its request (RFC 9700 §4.12). */
export const goTo = (url: string): Response => ({
  status: 303,
  headers: { location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
})

/** The error for the client where the person cancels. */
export const deniedByPerson = { error: 'access_denied', description: 'The resource owner denied the request.' }
