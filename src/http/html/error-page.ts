import type { Response } from '../server/response.ts'
import { escapeHtml, page, quoted } from './page.ts'
import { plainWords, type Words } from './words.ts'

/** What went wrong, for a person at a browser. */
export const errorPage = (status: number, description: string, headers: Readonly<Record<string, string>> = {}): Response =>
  page(status, status >= 500 ? plainWords.error.title : plainWords.error.refused, `<p>${escapeHtml(description)}</p>`, { headers })

/** What an address says went wrong, set apart as somebody else's words: anybody can write such an address. 500, as Hydra's page for the same. */
export function fallbackErrorPage(
  { language, error: words }: Words,
  said: { error: string | undefined; description: string | undefined },
): Response {
  const told = [said.error, said.description].filter((text) => text !== undefined)
  const what =
    told.length > 0
      ? `<p>${escapeHtml(words.details)}</p>\n${told.map((text) => quoted(text, 1_000)).join('\n')}`
      : `<p>${escapeHtml(words.noDetails)}</p>`
  return page(500, words.title, `${what}\n<p>${escapeHtml(words.again)}</p>`, { language })
}
