import type { RequestObjectFault } from '../../core/authorization/request-object.ts'
import { quote } from '../../protocol/problem.ts'
import { invalid } from './authorization-words.ts'

export interface RequestObjectWords {
  readonly error: 'invalid_request_object' | 'invalid_request_uri' | 'invalid_request'
  readonly description: string
}

/** What is wrong with a request object (OpenID Connect Core §3.1.2.6), in Hydra's words where Hydra has some. */
export function requestObjectWords(reason: RequestObjectFault): RequestObjectWords {
  switch (reason.fault) {
    case 'given-twice':
      return invalidRequest("OpenID Connect parameters 'request' and 'request_uri' were both given, but you can use at most one.")
    case 'no-keys':
      return invalidRequest(
        "OpenID Connect 'request' or 'request_uri' context was given, but the OAuth 2.0 Client does not have any JSON Web Keys registered.",
      )
    case 'uri-not-registered':
      return invalidUri(`Request URI ${quote(reason.uri)} is not whitelisted by the OAuth 2.0 Client.`)
    case 'uri-unreachable':
      return invalidUri("Unable to fetch OpenID Connect request parameters from 'request_uri'.")
    case 'malformed':
      return invalidObject('It must be a JSON Web Token in compact form, signed and not encrypted.')
    case 'too-large':
      return invalidObject('It is larger than 16 KiB; use a request_uri.')
    case 'alg-unsupported':
      return invalidObject(`This request object uses unsupported signing algorithm ${quote(reason.alg)}.`)
    case 'alg-not-registered':
      return invalidObject(
        `The request object uses signing algorithm '${reason.alg}', but the requested OAuth 2.0 Client enforces signing algorithm ${quote(reason.registered)}.`,
      )
    case 'signature':
      return invalidObject("Unable to verify the request object's signature.")
    case 'key-unknown':
      return invalidObject("It is signed with a key that is not among the OAuth 2.0 Client's JSON Web Keys for this algorithm.")
    case 'keys-unreachable':
      return invalidObject("Unable to retrieve the JSON Web Keys at the OAuth 2.0 Client's 'jwks_uri'.")
    case 'times':
      return invalidObject(
        'Unable to verify the request object because its claims could not be validated, check if the expiry time is set correctly.',
      )
    case 'typ':
      return invalidObject("Its header says that it is something else: 'typ' must be absent or 'oauth-authz-req+jwt'.")
    case 'issuer':
      return invalidObject("Claim 'iss' must match the 'client_id' of the OAuth 2.0 Client, or be left out.")
    case 'audience':
      return invalidObject("Claim 'aud' must contain the issuer of this server, or be left out.")
    case 'subject':
      return invalidObject("Claim 'sub' must not be the 'client_id': the request object could be taken for a client assertion.")
    case 'differs':
      return invalidObject(`The parameter '${reason.parameter}' inside must match the one outside.`)
    case 'nested':
      return invalidObject(`It must not contain the parameter '${reason.parameter}'.`)
    case 'claim-shape':
      return invalidObject(
        `The claim ${quote(reason.claim)} must be a string, a number or a boolean; scope, audience and resource may be arrays of strings.`,
      )
  }
}

const invalidRequest = (text: string): RequestObjectWords => ({ error: 'invalid_request', description: invalid(text).description })

const invalidUri = (text: string): RequestObjectWords => ({
  error: 'invalid_request_uri',
  description: `The request_uri in the authorization request returns an error or contains invalid data. ${text}`,
})

const invalidObject = (text: string): RequestObjectWords => ({
  error: 'invalid_request_object',
  description: `The request parameter contains an invalid Request Object. ${text}`,
})
