/** The grants and the one response type that a client can register today. */
export const registrableGrantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export const registrableResponseTypes = ['code'] as const

/** How a client may prove itself, and which of the ways uses a secret that we issue (RFC 7591 §2, OpenID Connect Core §9). */
export const registrableAuthMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const
export const isSecretMethod = (method: string | undefined): boolean =>
  method === undefined || method === 'client_secret_basic' || method === 'client_secret_post'

export const assertionSigningAlgs = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const
