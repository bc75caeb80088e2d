import { refused } from '../errors/refusals.ts'
import type { Request } from '../server/request.ts'

/**
 * Refuses a form that a page of somebody else's sent. What it brings, a challenge or a seal, is a secret already; this is for the day it
 * gets out. `Origin: null` says nothing: browsers send it for our own pages too, as these pass no address on (`Referrer-Policy: no-referrer`);
 * then it is `Sec-Fetch-Site` that tells, which they send to every https or loopback address.
 *
 * @param origin our own, as the browser sees it
 * @throws Refusal `posted-from-elsewhere`
 */
export function checkPostedFromHere({ headers }: Request, origin: string): void {
  const site = headers['sec-fetch-site'] ?? 'same-origin'
  const from = headers.origin ?? origin
  const isOurs = (site === 'same-origin' || site === 'none') && (from === origin || from === 'null')
  if (!isOurs) throw refused({ kind: 'posted-from-elsewhere' })
}
