/** What a caller is told of an error: a status, a code and one careful sentence. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly description: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Hydra's sentences (`hydra-live`): contract, not prose. */
export const sentence = {
  malformed: 'The request was malformed or contained invalid parameters',
  notFound: 'Unable to locate the resource',
  checkParameters:
    'Make sure that the various parameters are correct, be aware of case sensitivity and trim your parameters. Make sure that the client you are using has exactly whitelisted the redirect_uri you specified.',
  taken: 'Unable to insert or update resource because a resource with that value exists already',
  invalidRequest:
    'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.',
  invalidClient:
    'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
  unauthorizedClient: 'The client is not authorized to request a token using this method.',
  invalidGrant:
    'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  hookError: 'The token hook target responded with an error.',
  invalidScope: 'The requested scope is invalid, unknown, or malformed.',
}

export const invalidRequest = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_request',
  description: `${sentence.invalidRequest} ${hint}`,
})
