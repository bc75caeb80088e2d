import type { Client } from '../clients/client.ts'
import { isOfType, type SignedClaims } from '../clients/signed-claims.ts'
import { refuse } from './request-object.ts'

/** What a request object is held against. */
export interface Surroundings {
  readonly client: Client
  /** The parameters that it came with. */
  readonly outside: URLSearchParams
  readonly issuer: string
  /** Seconds since 1970 UTC. */
  readonly now: number
}

/** One rule of the standard. Throws where it is broken. */
type Check = (object: SignedClaims, surroundings: Surroundings) => void

/** A client that registered an algorithm is held to it (OpenID Connect Registration §2); any of our list will do for another. */
const algIsRegistered: Check = ({ alg }, { client }) => {
  const registered = client.metadata.requestObjectSigningAlg
  if (registered !== undefined && registered !== alg) throw refuse({ fault: 'alg-not-registered', alg, registered })
}

const types = ['jwt', 'jose', 'oauth-authz-req+jwt']

/** RFC 9101 §10.8, RFC 8725 §3.11: what says that it is something else, an assertion or a token, is no request object. */
const typFits: Check = ({ typ }) => {
  if (!isOfType(typ, types)) throw refuse({ fault: 'typ' })
}

/** OpenID Connect Core §6.1: the client issues it. */
const issuerIsTheClient: Check = ({ claims: { iss } }, { client }) => {
  if (iss !== undefined && iss !== client.clientId) throw refuse({ fault: 'issuer' })
}

/** OpenID Connect Core §6.1: it is meant for us, if for anybody. */
const audienceHoldsUs: Check = ({ claims: { aud } }, { issuer }) => {
  if (aud !== undefined && !(Array.isArray(aud) ? aud : [aud]).includes(issuer)) throw refuse({ fault: 'audience' })
}

/** RFC 9101 §10.8: with the client as its subject it would be a client assertion, too. */
const subjectIsNotTheClient: Check = ({ claims: { sub } }, { client }) => {
  if (sub === client.clientId) throw refuse({ fault: 'subject' })
}

/** Seconds by which another clock may run ahead of ours. */
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

/** OpenID Connect Core §6.1, RFC 9101 §5: what is said twice is said alike. A `response_type` may stand inside alone. */
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
  audienceHoldsUs,
  subjectIsNotTheClient,
  isInForce,
  isNotNested,
  agreesWithOutside,
]

/** What can be known of a request object before its signature. @throws Refusal `request-object-refused` */
export function checkRequestObject(object: SignedClaims, surroundings: Surroundings): void {
  for (const check of checks) check(object, surroundings)
}
