import { forgetRotatedSecrets, newRegistrationToken, rotateSecret } from './admin/client-secrets.ts'
import { createClient, deleteClient, getClient, patchClient, setClient, setLifespans } from './admin/clients.ts'
import { deleteTokens } from './admin/delete-tokens.ts'
import { introspect } from './admin/introspect.ts'
import { createKey, deleteKey, deleteKeySet, getKey, getKeySet, setKey, setKeySet } from './admin/keys.ts'
import { listClients } from './admin/list-clients.ts'
import {
  acceptConsentRequest,
  acceptLoginRequest,
  acceptLogoutRequest,
  getConsentRequest,
  getLoginRequest,
  getLogoutRequest,
  rejectConsentRequest,
  rejectLoginRequest,
  rejectLogoutRequest,
} from './admin/login-requests.ts'
import { metrics, version } from './admin/process.ts'
import { listConsentSessions, revokeConsentSessions, revokeLoginSessions } from './admin/sessions.ts'
import { openApi, reference } from './openapi/api-description.ts'
import { alive, ready } from './server/health.ts'
import { type DepsOf, open, type Route, routesOf } from './server/route.ts'

/** The routes of the admin listener: guard, CORS, endpoint. The fence of the listener runs before all of them. */
// biome-ignore format: a table
const table = [
  [open, 'none', listClients],
  [open, 'none', createClient],
  [open, 'none', getClient],
  [open, 'none', setClient],
  [open, 'none', patchClient],
  [open, 'none', deleteClient],
  [open, 'none', setLifespans],
  [open, 'none', rotateSecret],
  [open, 'none', forgetRotatedSecrets],
  [open, 'none', newRegistrationToken],
  [open, 'none', introspect],
  [open, 'none', deleteTokens],
  [open, 'none', getLoginRequest],
  [open, 'none', acceptLoginRequest],
  [open, 'none', rejectLoginRequest],
  [open, 'none', getConsentRequest],
  [open, 'none', acceptConsentRequest],
  [open, 'none', rejectConsentRequest],
  [open, 'none', getLogoutRequest],
  [open, 'none', acceptLogoutRequest],
  [open, 'none', rejectLogoutRequest],
  [open, 'none', listConsentSessions],
  [open, 'none', revokeConsentSessions],
  [open, 'none', revokeLoginSessions],
  [open, 'none', getKeySet],
  [open, 'none', createKey],
  [open, 'none', setKeySet],
  [open, 'none', deleteKeySet],
  [open, 'none', getKey],
  [open, 'none', setKey],
  [open, 'none', deleteKey],
  [open, 'none', metrics],
  [open, 'none', version],
  [open, 'none', alive],
  [open, 'none', ready],
  [open, 'none', openApi],
  [open, 'none', reference],
] as const

export type AdminDeps = DepsOf<typeof table>

export const adminRoutes = (deps: AdminDeps): Route[] => routesOf<AdminDeps>(table, deps)

/** Hydra's short form: a path without `/admin` means the one with it, except for paths that never had the prefix. */
export function withAdminPrefix(url: string): string {
  return /^\/(?:admin|health|version)(?:[/?]|$)/.test(url) ? url : `/admin${url}`
}
