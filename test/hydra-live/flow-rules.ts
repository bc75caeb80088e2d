import type { Exchange } from './exchange.ts'

/**
 * Where this server's steps through a login differ from Hydra's, a response is compared with the record of another exchange. It may differ from it only
 * as listed in `deliberate-flows.ts`.
 */
const judgedBy: Readonly<Record<string, string>> = {
  // This server reports errors of an authorization request at once, not after the login.
  'f172-autherr-badprompt': 'f227-latebadprompt-back',
  'f174-autherr-plain': 'f204-late-plain-to-client',
  'f175-autherr-method-bad': 'f209-late-badmethod-to-client',
  'f185-strict-nopkce': 'f194-late-nopkce-to-client',
  'f186-strict-nomethod': 'f199-late-nomethod-to-client',
  'f190-late-nopkce-auth': 'f194-late-nopkce-to-client',
  'f195-late-nomethod-auth': 'f199-late-nomethod-to-client',
  'f200-late-plain-auth': 'f204-late-plain-to-client',
  'f205-late-badmethod-auth': 'f209-late-badmethod-to-client',
  'f225-latebadprompt-auth': 'f227-latebadprompt-back',
  // Implicit and hybrid response types are not offered (RFC 9700 §2.1.2), so they get the response for an unknown type.
  'f162-autherr-shortnonce': 'f165-autherr-badresponsetype',
  'f164-autherr-nononce-implicit': 'f165-autherr-badresponsetype',
  'f171-autherr-querymode-token': 'f165-autherr-badresponsetype',
  'f210-late-shortnonce-auth': 'f165-autherr-badresponsetype',
  'f220-late-nononce-auth': 'f165-autherr-badresponsetype',
  'f228-late-querymode-auth': 'f165-autherr-badresponsetype',
  // A login verifier is accepted once, like a consent verifier in Hydra.
  'f074-code-verifier-login-again': 'f075-code-verifier-consent-again',
  // Front-channel logout is not implemented: the browser is redirected without a page for it.
  'f341-logout-page': 'f342-logout-page-again',
  'f355-logout-op-page': 'f324-logout-nosession',
}

/** Flows that end with the first response, because the error is reported at once. */
const endedAtOnce = [
  'latenopkce',
  'latenomethod',
  'lateplain',
  'latebadmethod',
  'lateshortnonce',
  'latenononce',
  'latebadprompt',
  'latequerymode',
]

/** The records and flows that the rules name. */
export const ruled: readonly string[] = [...Object.keys(judgedBy), ...Object.values(judgedBy), ...endedAtOnce]

/** The exchanges to send, each with the response to compare with. */
export function byTheRules(recorded: readonly Exchange[]): Exchange[] {
  const responseOf = (id: string): Exchange['response'] => {
    const found = recorded.find((exchange) => exchange.id === id)
    if (!found) throw new Error(`nothing is recorded as ${id}`)
    return withIssuer(found.response)
  }
  return recorded
    .filter(({ id, flow = '' }) => !endedAtOnce.includes(flow) || id in judgedBy)
    .map((exchange) => ({ ...exchange, response: responseOf(judgedBy[exchange.id] ?? exchange.id) }))
}

/** Adds iss (RFC 9207 §2) to authorization responses, which Hydra does not send. */
function withIssuer(response: Exchange['response']): Exchange['response'] {
  const { location = '' } = response.headers
  const isToClient = response.status === 303 && /[?#&](code|error)=/.test(location)
  return isToClient ? { ...response, headers: { ...response.headers, location: `${location}&iss=<url:issuer>/` } } : response
}
