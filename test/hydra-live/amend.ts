import type { Exchange } from './exchange.ts'

const redirectUris = { redirect_uris: ['https://rp.example/cb'] }

/** The exchanges that need a change other than an added redirect URI, which Hydra does not require. */
const amendments: Readonly<Record<string, object>> = {
  'r088-create-privileged': { owner: '' },
  'r107-create-subject-pairwise-hosts': { subject_type: 'public' },
  'r111-create-plo-none': { grant_types: ['client_credentials'] },
}

/** The recorded registration with what this server requires in addition, and without members that only the operator may set here. */
export function amend({ id, request }: Exchange): unknown {
  const { path, body } = request
  const members = path.startsWith('/oauth2/register') ? membersOf(body) : undefined
  const change = amendments[id] ?? (members && namesNoRedirectUri(members) ? redirectUris : undefined)
  if (!members || !change) return undefined
  const amended = { ...members, ...change }
  return typeof body === 'string' ? JSON.stringify(amended) : amended
}

const namesNoRedirectUri = ({ redirect_uris: uris = null }: Readonly<Record<string, unknown>>): boolean =>
  uris === null || (Array.isArray(uris) && uris.length === 0)

/** The members of a body that is a JSON object. `null` counts as an empty object, as in Hydra. */
function membersOf(body: unknown): Record<string, unknown> | undefined {
  const value = typeof body === 'string' ? parsed(body) : body
  if (value === null) return {}
  return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
