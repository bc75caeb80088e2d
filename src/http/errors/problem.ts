/** What a caller learns of an error. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly description: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The member of a tagged union whose discriminator `Key` can be `Tag`. */
type MemberOf<Union, Key extends keyof Union, Tag> = Union extends Union ? (Tag extends Union[Key] ? Union : never) : never

/** For every tag of a union, the value for that member or a function that makes it from the member. A missing tag does not compile. */
export type Table<Union, Key extends keyof Union, Value = Problem> = {
  readonly [Tag in Union[Key] & string]: Value | ((member: MemberOf<Union, Key, Tag>) => Value)
}

/** The value for `member`. */
export function lookUp<Union, Key extends keyof Union, Value>(table: Table<Union, Key, Value>, member: Union, key: Key): Value {
  const entry = (table as Readonly<Record<string, unknown>>)[String(member[key])] as Value | ((member: Union) => Value)
  return entry instanceof Function ? entry(member) : entry
}

/** Sentences of Hydra (`hydra-live`): part of the contract, so they are not edited. */
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
  unauthorizedBearer: 'The request could not be authorized. Check that you provided valid credentials in the right format.',
  onlyAccessTokens: 'Only access tokens are allowed in the authorization header.',
  weakState: 'The state is missing or does not have enough characters and is therefore considered too weak.',
  responseType: 'The authorization server does not support obtaining a token using this method.',
  responseMode: 'The authorization server does not support obtaining a response using this response mode.',
  loginRequired: 'The Authorization Server requires End-User authentication.',
  consentRequired: 'The Authorization Server requires End-User consent.',
  forbidden: 'The request is not allowed.',
  denied: 'The resource owner or authorization server denied the request.',
  unauthorized: 'The request could not be authorized.',
}

export const invalidRequest = (hint: string): Problem => ({
  status: 400,
  code: 'invalid_request',
  description: `${sentence.invalidRequest} ${hint}`,
})

/** RFC 8707 §2. */
export const invalidTarget = ({ resource }: { readonly resource: string }): Problem => ({
  status: 400,
  code: 'invalid_target',
  description: `The resource '${resource}' is not an absolute URI in the client's audience.`,
})

export const invalidScope = ({ scope }: { readonly scope: string }): Problem => ({
  status: 400,
  code: 'invalid_scope',
  description: `${sentence.invalidScope} The OAuth 2.0 Client is not allowed to request scope '${scope}'.`,
})

export const audienceNotAllowed = ({ audience }: { readonly audience: string }): Problem =>
  invalidRequest(`Requested audience '${audience}' has not been whitelisted by the OAuth 2.0 Client.`)
