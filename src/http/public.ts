import { Refusal } from '../lib/refusal.ts'
import type { RegistrationOff } from './errors/refusals.ts'
import { answerConsent, showConsent } from './login-app/consent.ts'
import { showError } from './login-app/error.ts'
import { removeAccess, showGrants } from './login-app/grants.ts'
import { answerLogout, showLogout, showSignedOut } from './login-app/logout.ts'
import { showSignIn, signIn } from './login-app/sign-in.ts'
import { authorize } from './oauth/authorize.ts'
import { deleteConfiguration, readConfiguration, updateConfiguration } from './oauth/client-configuration.ts'
import { discovery } from './oauth/discovery.ts'
import { jwks } from './oauth/jwks.ts'
import { logout } from './oauth/logout.ts'
import { register } from './oauth/register.ts'
import { revoke } from './oauth/revoke.ts'
import { token } from './oauth/token.ts'
import { userinfo } from './oauth/userinfo.ts'
import { openApi, reference } from './openapi/api-description.ts'
import { alive, ready } from './server/health.ts'
import { type DepsOf, type Guard, open, type Route, routesOf } from './server/route.ts'

/** While registration is off, its routes answer 404 to every method. */
function whenRegistrationIsOn({ registrationIsOn }: { readonly registrationIsOn: () => boolean }): Guard {
  return () => {
    if (!registrationIsOn()) throw new Refusal<RegistrationOff>({ kind: 'registration-off' })
  }
}

/** The routes of the public listener: guard, CORS, endpoint. All of them are always mounted; a guard answers 404 when a feature is off. */
// biome-ignore format: a table
const table = [
  [whenRegistrationIsOn, 'configured', register],
  [whenRegistrationIsOn, 'configured', readConfiguration],
  [whenRegistrationIsOn, 'configured', updateConfiguration],
  [whenRegistrationIsOn, 'configured', deleteConfiguration],
  [open,                 'clients',    token],
  [open,                 'clients',    revoke],
  [open,                 'clients',    userinfo],
  [open,                 'configured', jwks],
  [open,                 'configured', discovery],
  [open,                 'configured', openApi],
  [open,                 'none',       authorize],
  [open,                 'none',       logout],
  [open,                 'none',       showSignIn],
  [open,                 'none',       signIn],
  [open,                 'none',       showConsent],
  [open,                 'none',       answerConsent],
  [open,                 'none',       showLogout],
  [open,                 'none',       answerLogout],
  [open,                 'none',       showSignedOut],
  [open,                 'none',       showGrants],
  [open,                 'none',       removeAccess],
  [open,                 'none',       showError],
  [open,                 'none',       alive],
  [open,                 'none',       ready],
  [open,                 'none',       reference],
] as const

export type PublicDeps = DepsOf<typeof table>

export const publicRoutes = (deps: PublicDeps): Route[] => routesOf<PublicDeps>(table, deps)
