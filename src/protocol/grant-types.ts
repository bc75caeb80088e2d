import { defaultAuthMethod } from './metadata-defaults.ts'

/** The grants and the one response type that a client can register today. */
export const registrableGrantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const
export const registrableResponseTypes = ['code'] as const

/** How a client may prove itself, and which of the ways uses a secret that we issue (RFC 7591 §2, OpenID Connect Core §9). */
export const registrableAuthMethods = ['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none'] as const
export const isSecretMethod = (method: string = defaultAuthMethod): boolean =>
  method === 'client_secret_basic' || method === 'client_secret_post'

/** RFC 7523 §2.2 */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Signatures with a private key only (RFC 8725 §3.1): nobody takes a public key for a shared secret, and `none` is no signature. */
export const assertionSigningAlgs = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
