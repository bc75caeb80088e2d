import type { LoginSession } from '../../core/sessions/login-session.ts'
import type { Sealer } from '../../lib/seal.ts'

/** Hidden form values that are valid for one login session only: another site can neither read nor make one (CSRF). */
export interface FormTokens {
  make(session: LoginSession): string
  isValid(token: string | undefined, session: LoginSession): boolean
}

export const makeFormTokens = ({ sealer }: { sealer: Sealer }): FormTokens => ({
  make: ({ id }) => sealer.seal('', id),
  isValid: (token, { id }) => token !== undefined && sealer.open(token, id) !== undefined,
})
