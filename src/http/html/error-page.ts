import type { Response } from '../server/response.ts'
import { escapeHtml, page, quoted } from './page.ts'
import { plainWords, type Words } from './words.ts'

/** An error, for a person at a browser. */
export const errorPage = (status: number, description: string, headers: Readonly<Record<string, string>> = {}): Response =>
  page(status, status >= 500 ? plainWords.error.title : plainWords.error.refused, `<p>${escapeHtml(description)}</p>`, { headers })

/** Shows the error of the query as a quotation, as anyone can make such a link. 500, as in Hydra. */
export function fallbackErrorPage(
  { language, error: words }: Words,
  said: { error: string | undefined; description: string | undefined },
): Response {
  const details = [said.error, said.description].filter((text) => text !== undefined)
  const what =
    details.length > 0
      ? `<p>${escapeHtml(words.details)}</p>\n${details.map((text) => quoted(text, 1_000)).join('\n')}`
      : `<p>${escapeHtml(words.noDetails)}</p>`
  return page(500, words.title, `${what}\n<p>${escapeHtml(words.again)}</p>`, { language })
}
