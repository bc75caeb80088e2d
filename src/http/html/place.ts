import { escapeHtml, filled } from './page.ts'
import type { Words } from './words.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** Whether what receives the answer is a program on the person's own device: reached by loopback, or by a scheme that it claims. */
export const isOnDevice = (redirectHost: string): boolean => loopback.test(redirectHost) || redirectHost.endsWith(':')

/** Where a person is sent in the end, as markup: the one thing about a client that it cannot make up. */
export function place(redirectHost: string, words: Pick<Words['place'], 'device' | 'appOfScheme'>): string {
  if (redirectHost.endsWith(':')) return filled(words.appOfScheme, { scheme: `<strong>${escapeHtml(redirectHost)}</strong>` })
  return isOnDevice(redirectHost) ? escapeHtml(words.device) : `<strong>${escapeHtml(redirectHost)}</strong>`
}

/** The same at the beginning of a sentence: a word of ours gets its capital, a host stays as it is. */
export const placeFirst = (redirectHost: string, words: Words): string =>
  isOnDevice(redirectHost)
    ? place(redirectHost, words.place).replace(/^./u, (letter) => letter.toUpperCase())
    : place(redirectHost, words.place)
