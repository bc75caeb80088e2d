import { refused } from '../errors/refusals.ts'
import type { Request } from '../server/request.ts'

const defaultPageSize = 100
const largestPageSize = 500

/**
 * Hydra's limits: absent or not positive means 100, more than 500 means 500.
 *
 * @throws Refusal `page-refused`
 */
export function pageSize(text: string | undefined): number {
  if (text === undefined) return defaultPageSize
  if (!/^[+-]?\d{1,18}$/.test(text)) {
    throw refused({ kind: 'page-refused', message: `strconv.Atoi: parsing '${text.slice(0, 50)}': invalid syntax` })
  }
  const size = Number(text)
  return size <= 0 ? defaultPageSize : Math.min(size, largestPageSize)
}

/** The `Link` header of a list: its first page, and the next where there is one. */
export function pageLinks(request: Request, size: number, tokens: { first: string; next: string | undefined }): string {
  const first = link(request, size, tokens.first, 'first')
  return tokens.next === undefined ? first : `${first},${link(request, size, tokens.next, 'next')}`
}

/** Keeps the other query parameters, in alphabetical order, with the page size in effect. */
function link(request: Request, size: number, token: string, rel: string): string {
  const query = new URLSearchParams(request.query as Record<string, string>)
  query.set('page_size', String(size))
  query.set('page_token', token)
  query.sort()
  return `<${request.route}?${query}>; rel="${rel}"`
}
