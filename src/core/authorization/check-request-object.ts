import type { Client } from '../clients/client.ts'
import { isOfType, type SignedClaims } from '../clients/signed-claims.ts'
import { refuse } from './request-object.ts'

/** What a request object is checked against. */
export interface RequestContext {
  readonly client: Client
  /** The parameters of the request beside it. */
  readonly outside: URLSearchParams
  readonly issuer: string
  /** Seconds since 1970 UTC. */
  readonly now: number
}

/** One rule of the standard. Throws where the rule is broken. */
type Check = (object: SignedClaims, context: RequestContext) => void

/** A client that registered an algorithm must use it (OpenID Connect Registration §2). Others may use any supported one. */
const algIsRegistered: Check = ({ alg }, { client }) => {
  const registered = client.metadata.requestObjectSigningAlg
  if (registered !== undefined && registered !== alg) throw refuse({ fault: 'alg-not-registered', alg, registered })
}

const types = ['jwt', 'jose', 'oauth-authz-req+jwt']

/** RFC 9101 §10.8, RFC 8725 §3.11: a JWT with the type of an assertion or a token is not a request object. */
const typFits: Check = ({ typ }) => {
  if (!isOfType(typ, types)) throw refuse({ fault: 'typ' })
}

/** OpenID Connect Core §6.1: `iss` is the client, where present. */
const issuerIsTheClient: Check = ({ claims: { iss } }, { client }) => {
  if (iss !== undefined && iss !== client.clientId) throw refuse({ fault: 'issuer' })
}

/** OpenID Connect Core §6.1: `aud` contains this server, where present. */
const audienceHoldsIssuer: Check = ({ claims: { aud } }, { issuer }) => {
  if (aud !== undefined && !(Array.isArray(aud) ? aud : [aud]).includes(issuer)) throw refuse({ fault: 'audience' })
}

/** RFC 9101 §10.8: a JWT with the client as its subject could be used as a client assertion. */
const subjectIsNotTheClient: Check = ({ claims: { sub } }, { client }) => {
  if (sub === client.clientId) throw refuse({ fault: 'subject' })
}

/** Seconds by which the client's clock may be ahead. */
const skew = 10

/** RFC 7519 §4.1.4, §4.1.5. */
const isInForce: Check = ({ claims: { exp, nbf } }, { now }) => {
  const isOver = exp !== undefined && !(typeof exp === 'number' && exp > now)
  const isToCome = nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + skew)
  if (isOver || isToCome) throw refuse({ fault: 'times' })
}

/** RFC 9101 §4. */
const isNotNested: Check = ({ claims }) => {
  const parameter = ['request', 'request_uri'].find((name) => name in claims)
  if (parameter !== undefined) throw refuse({ fault: 'nested', parameter })
}

/** OpenID Connect Core §6.1, RFC 9101 §5: parameters inside and outside are equal. `response_type` may be inside only. */
const agreesWithOutside: Check = ({ claims }, { client, outside }) => {
  const responseType = outside.get('response_type') || claims.response_type
  if (claims.client_id !== undefined && claims.client_id !== client.clientId) throw refuse({ fault: 'differs', parameter: 'client_id' })
  if (claims.response_type !== undefined && claims.response_type !== responseType)
    throw refuse({ fault: 'differs', parameter: 'response_type' })
}

const checks: readonly Check[] = [
  algIsRegistered,
  typFits,
  issuerIsTheClient,
  audienceHoldsIssuer,
  subjectIsNotTheClient,
  isInForce,
  isNotNested,
  agreesWithOutside,
]

/** The checks that come before the signature, as they cost less. @throws Refusal `request-object-refused` */
export function checkRequestObject(object: SignedClaims, context: RequestContext): void {
  for (const check of checks) check(object, context)
}
