import type { Actor } from '../../core/audit/audit.ts'
import type { Client } from '../../core/clients/client.ts'
import type { GrantedClients } from '../../core/consents/list-granted-clients.ts'
import type { GrantPlace } from '../../core/grants/grant.ts'
import type { LoginSession } from '../../core/sessions/login-session.ts'
import type { PasswordAttempt, PasswordOutcome } from '../../core/users/check-password.ts'
import type { User } from '../../core/users/user.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Live } from '../../lib/live.ts'
import type { Log } from '../../lib/telemetry.ts'
import { fallbackErrorPage } from '../html/error-page.ts'
import { wordsOf } from '../html/words-of.ts'
import { queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import type { Handler } from '../server/route.ts'
import { consentHandlers } from './consent.ts'
import type { FormSeal } from './form-token.ts'
import { grantsHandlers } from './grants.ts'
import { signOutHandlers } from './logout.ts'
import { signInHandlers } from './sign-in.ts'
import type { SignInDesk } from './sign-in-desk.ts'
import { signedOutPage } from './signed-out-page.ts'

export type { ConsentView, LoginView, LogoutView, SignInDesk } from './sign-in-desk.ts'

export interface FallbackDeps {
  readonly desk: SignInDesk
  readonly grants: GrantsDesk
  /** Which of the built-in pages are in use: under `dev`, those whose address the operator has not configured. */
  readonly builtIn: Live<Readonly<Record<'login' | 'consent' | 'logout', boolean>>>
  readonly users: Live<readonly User[]>
  readonly checkPassword: (attempt: PasswordAttempt) => Promise<PasswordOutcome>
  /** Of the public listener, as browsers see it: `https://auth.example.com`. */
  readonly origin: string
  readonly clock: Clock
  readonly log: Log
}

/** A person's own acts on what he granted. */
export interface GrantsDesk {
  /** Who is signed in at a browser, by its cookie. */
  readonly sessionAt: (request: Request) => Promise<LoginSession | undefined>
  readonly list: (subject: string, after?: GrantPlace) => Promise<GrantedClients>
  readonly findClient: (clientId: string) => Promise<Client | undefined>
  readonly withdraw: (which: { readonly subject: string; readonly clientId: string }, actor: Actor) => Promise<boolean>
  readonly formSeal: FormSeal
}

export interface FallbackHandlers {
  readonly signInPage: Handler
  readonly signIn: Handler
  readonly consentPage: Handler
  readonly consent: Handler
  readonly signOutPage: Handler
  readonly signOut: Handler
  readonly signedOutPage: Handler
  readonly grantsPage: Handler
  readonly withdrawGrants: Handler
  readonly errorFallback: Handler
}

/** `/oauth2/fallbacks/…`: a small login application of our own, for when nobody has configured another one. */
export function fallbacks(deps: FallbackDeps): FallbackHandlers {
  return {
    ...signInHandlers(deps),
    ...consentHandlers(deps),
    ...signOutHandlers(deps),
    ...grantsHandlers(deps),
    signedOutPage: (request) => signedOutPage(wordsOf(request)),
    errorFallback: (request) =>
      fallbackErrorPage(wordsOf(request), {
        error: queryParameter(request, 'error'),
        description: queryParameter(request, 'error_description'),
      }),
  }
}
