import type { Answer } from '../answer.ts'
import { escapeHtml, page } from './page.ts'

/** What went wrong, for a person at a browser. */
export const errorPage = (status: number, description: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  page(status, status >= 500 ? 'Something went wrong' : 'This request cannot be answered', `<p>${escapeHtml(description)}</p>`, headers)
