import type { Live } from '../../lib/live.ts'
import type { ResponseOf } from '../server/operation.ts'
import { htmlPage, redirect } from '../server/operation.ts'

/** Which built-in pages are in use: login and consent under `dev` only, and each unless the operator configured a page instead. */
export type BuiltInPages = Live<Readonly<Record<'login' | 'consent' | 'logout', boolean>>>

export const shared = { tag: 'oAuth2' } as const

/** The responses to a form of the login application. */
export const formResponses: Readonly<Record<number, ResponseOf>> = {
  200: htmlPage('A page.'),
  302: redirect('To the next step.'),
  303: redirect('To the next step.'),
  401: htmlPage('The page again.'),
  429: htmlPage('Too many wrong passwords.'),
}
