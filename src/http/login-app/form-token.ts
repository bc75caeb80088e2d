import type { LoginSession } from '../../core/sessions/login-session.ts'
import type { Sealer } from '../../lib/seal.ts'

/** A value in a form, by which it comes back as made for this very session: nobody else can read or make it. */
export interface FormSeal {
  make(session: LoginSession): string
  fits(value: string | undefined, session: LoginSession): boolean
}

export const makeFormSeal = ({ sealer }: { sealer: Sealer }): FormSeal => ({
  make: ({ id }) => sealer.seal('', id),
  fits: (value, { id }) => value !== undefined && sealer.open(value, id) !== undefined,
})
