import type { RequestObjectFault } from '../../core/authorization/request-object.ts'
import { quote } from '../../protocol/problem.ts'
import { invalidRequest, type Problem, type Table } from './problem.ts'

const invalidUri = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_request_uri',
  description: `The request_uri in the authorization request returns an error or contains invalid data. ${hint}`,
})

const invalidObject = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_request_object',
  description: `The request parameter contains an invalid Request Object. ${hint}`,
})

/** The fault of a request object (OpenID Connect Core §3.1.2.6), in the words of Hydra where it has them. */
export const requestObjectProblems: Table<RequestObjectFault, 'fault'> = {
  'given-twice': invalidRequest("OpenID Connect parameters 'request' and 'request_uri' were both given, but you can use at most one."),
  'no-keys': invalidRequest(
    "OpenID Connect 'request' or 'request_uri' context was given, but the OAuth 2.0 Client does not have any JSON Web Keys registered.",
  ),
  'uri-not-registered': ({ uri }) => invalidUri(`Request URI ${quote(uri)} is not whitelisted by the OAuth 2.0 Client.`),
  'uri-unreachable': invalidUri("Unable to fetch OpenID Connect request parameters from 'request_uri'."),
  malformed: invalidObject('It must be a JSON Web Token in compact form, signed and not encrypted.'),
  'too-large': invalidObject('It is larger than 16 KiB; use a request_uri.'),
  'alg-unsupported': ({ alg }) => invalidObject(`This request object uses unsupported signing algorithm ${quote(alg)}.`),
  'alg-not-registered': ({ alg, registered }) =>
    invalidObject(
      `The request object uses signing algorithm '${alg}', but the requested OAuth 2.0 Client enforces signing algorithm ${quote(registered)}.`,
    ),
  signature: invalidObject("Unable to verify the request object's signature."),
  'key-unknown': invalidObject("It is signed with a key that is not among the OAuth 2.0 Client's JSON Web Keys for this algorithm."),
  'keys-unreachable': invalidObject("Unable to retrieve the JSON Web Keys at the OAuth 2.0 Client's 'jwks_uri'."),
  times: invalidObject(
    'Unable to verify the request object because its claims could not be validated, check if the expiry time is set correctly.',
  ),
  typ: invalidObject("Its header says that it is something else: 'typ' must be absent or 'oauth-authz-req+jwt'."),
  issuer: invalidObject("Claim 'iss' must match the 'client_id' of the OAuth 2.0 Client, or be left out."),
  audience: invalidObject("Claim 'aud' must contain the issuer of this server, or be left out."),
  subject: invalidObject("Claim 'sub' must not be the 'client_id': the request object could be taken for a client assertion."),
  differs: ({ parameter }) => invalidObject(`The parameter '${parameter}' inside must match the one outside.`),
  nested: ({ parameter }) => invalidObject(`It must not contain the parameter '${parameter}'.`),
  'claim-shape': ({ claim }) =>
    invalidObject(
      `The claim ${quote(claim)} must be a string, a number or a boolean; scope, audience and resource may be arrays of strings.`,
    ),
}
