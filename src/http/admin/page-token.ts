import type { Clock } from '../../lib/clock.ts'
import type { Sealer } from '../../lib/seal.ts'
import { refused } from '../errors/refusals.ts'

/** Where the next page starts, sealed: a caller can neither forge nor read it. */
export interface PageTokens {
  /** @param after the last id of the page before; undefined for the first page */
  make(after: string | undefined): string
  /** @throws Refusal `page-refused` for a token that is forged or older than an hour */
  read(token: string): string | undefined
}

/** Milliseconds. */
const validity = 3_600_000

export function makePageTokens({ sealer, clock }: { sealer: Sealer; clock: Clock }): PageTokens {
  const refuse = (message: string) => refused({ kind: 'page-refused', message })
  return {
    make: (after) => Buffer.from(sealer.seal(JSON.stringify({ after, until: clock() + validity }), 'page')).toString('base64url'),
    read(token) {
      const opened = sealer.open(Buffer.from(token, 'base64url').toString('utf8'), 'page')
      if (!opened) throw refuse('invalid pagination token')
      const { after, until } = JSON.parse(opened.plain) as { after?: string; until: number }
      if (until < clock()) throw refuse('page token expired, do not persist page tokens')
      return after
    },
  }
}
