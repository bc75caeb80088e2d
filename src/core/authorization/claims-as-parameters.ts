import { refuse } from './request-object.ts'

/** Claims about the JWT (RFC 7519 §4.1), not about the request. */
const ofTheJwt = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']
/** The parameters that carry a request object. */
const carriers = ['request', 'request_uri']
/** Parameters whose value is JSON (OpenID Connect Core §5.5, §7.2.1). Inside a request object they are JSON objects (§6.1). */
const ofJson = ['claims', 'registration']
/** Lists: of words separated by spaces, and of parameters that are repeated (RFC 8707 §2). */
const ofWords = ['scope', 'audience']
const repeated = ['resource']

/**
 * The parameters of a request with a request object (OpenID Connect Core §6.1, §6.3.3): claims take precedence over parameters outside.
 *
 * @throws Refusal `request-object-refused` for a claim that cannot be the value of a parameter
 */
export function claimsAsParameters(claims: Readonly<Record<string, unknown>>, outside: URLSearchParams): URLSearchParams {
  const inside = new Map(Object.entries(claims).filter(([name]) => !ofTheJwt.includes(name)))
  const kept = [...outside].filter(([name]) => !carriers.includes(name) && !inside.has(name))
  const stated = [...inside].flatMap(([name, value]) => textsOf(name, value).map((text) => [name, text] as [string, string]))
  return new URLSearchParams([...kept, ...stated])
}

function textsOf(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return textsOfList(name, value)
  if (ofJson.includes(name) && typeof value === 'object' && value !== null) return [JSON.stringify(value)]
  const isText = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
  if (!isText) throw refuse({ fault: 'claim-shape', claim: name })
  return [String(value)]
}

function textsOfList(name: string, values: readonly unknown[]): readonly string[] {
  const isList = ofWords.includes(name) || repeated.includes(name)
  if (!isList || !values.every((value) => typeof value === 'string')) throw refuse({ fault: 'claim-shape', claim: name })
  return ofWords.includes(name) ? [values.join(' ')] : values
}
