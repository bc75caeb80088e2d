import { refused } from '../errors/refusals.ts'
import type { Request } from '../server/request.ts'

/**
 * Refuses a form that a page of another site sent. Forms also contain a secret (a challenge or a form token); this check protects them if
 * the secret leaks. Browsers send `Origin: null` for the built-in pages, as these set `Referrer-Policy: no-referrer`; then
 * `Sec-Fetch-Site` decides, which browsers send to every https or loopback address.
 *
 * @param origin of the public listener, as browsers see it
 * @throws Refusal `posted-from-elsewhere`
 */
export function checkSameOrigin({ headers }: Request, origin: string): void {
  const site = headers['sec-fetch-site'] ?? 'same-origin'
  const from = headers.origin ?? origin
  const isSame = (site === 'same-origin' || site === 'none') && (from === origin || from === 'null')
  if (!isSame) throw refused({ kind: 'posted-from-elsewhere' })
}
