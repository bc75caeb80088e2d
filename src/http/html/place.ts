import { escapeHtml, filled } from './page.ts'
import type { Words } from './words.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/** Whether the response goes to a program on the person's device, by loopback or by a private-use scheme. */
export const isOnDevice = (redirectHost: string): boolean => loopback.test(redirectHost) || redirectHost.endsWith(':')

/** Where the response goes, as markup: the one property of a client that it cannot choose freely. */
export function place(redirectHost: string, words: Pick<Words['place'], 'device' | 'appOfScheme'>): string {
  if (redirectHost.endsWith(':')) return filled(words.appOfScheme, { scheme: `<strong>${escapeHtml(redirectHost)}</strong>` })
  return isOnDevice(redirectHost) ? escapeHtml(words.device) : `<strong>${escapeHtml(redirectHost)}</strong>`
}

/** The same at the beginning of a sentence: a text gets a capital letter, a host stays as it is. */
export const placeFirst = (redirectHost: string, words: Words): string =>
  isOnDevice(redirectHost)
    ? place(redirectHost, words.place).replace(/^./u, (letter) => letter.toUpperCase())
    : place(redirectHost, words.place)
