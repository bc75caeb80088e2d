import type { Exchange } from './exchange.ts'

/**
 * Where our way through a login is another than Hydra's: an answer is judged by the record of another one, from which it may differ only
 * where `deliberate-flows.ts` says so.
 */
const judgedBy: Readonly<Record<string, string>> = {
  // Faults of an authorization request are told at once: nobody logs in for an answer that is certain.
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
  // Implicit and hybrid response types are not offered (RFC 9700 §2.1.2), so they are as unknown as a made-up one.
  'f162-autherr-shortnonce': 'f165-autherr-badresponsetype',
  'f164-autherr-nononce-implicit': 'f165-autherr-badresponsetype',
  'f171-autherr-querymode-token': 'f165-autherr-badresponsetype',
  'f210-late-shortnonce-auth': 'f165-autherr-badresponsetype',
  'f220-late-nononce-auth': 'f165-autherr-badresponsetype',
  'f228-late-querymode-auth': 'f165-autherr-badresponsetype',
  // A login verifier is used once, as a consent verifier is with Hydra.
  'f074-code-verifier-login-again': 'f075-code-verifier-consent-again',
  // Front-channel frames are still to be built: until then the browser goes on without a page between.
  'f341-logout-page': 'f342-logout-page-again',
  'f355-logout-op-page': 'f324-logout-nosession',
}

/** As their fault is told at once, of these flows nothing is left after the first answer. */
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

/** The records and flows that the rules are about. */
export const ruled: readonly string[] = [...Object.keys(judgedBy), ...Object.values(judgedBy), ...endedAtOnce]

/** What is to be sent, and how each answer is to be judged. */
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

/** RFC 9207 §2: what a client is told by way of the browser says who tells it. Hydra's answers do not. */
function withIssuer(response: Exchange['response']): Exchange['response'] {
  const { location = '' } = response.headers
  const isToClient = response.status === 303 && /[?#&](code|error)=/.test(location)
  return isToClient ? { ...response, headers: { ...response.headers, location: `${location}&iss=<url:issuer>/` } } : response
}
