import { assertionSigningAlgs, registrableAuthMethods } from '../grant-types.ts'
import { type Check, found, oneOf } from '../metadata-rule.ts'

export const authMethodIsSupported: Check = ({ metadata }) =>
  oneOf('token_endpoint_auth_method', metadata.tokenEndpointAuthMethod, registrableAuthMethods)

export const assertionsHaveKeys: Check = ({ metadata }) =>
  metadata.tokenEndpointAuthMethod !== 'private_key_jwt' || metadata.jwks || metadata.jwksUri !== undefined
    ? []
    : found('token_endpoint_auth_method', 'private_key_jwt needs jwks or jwks_uri')

/** Looked at for `private_key_jwt` only, as other methods sign nothing. */
export const assertionAlgIsSupported: Check = ({ metadata }) =>
  metadata.tokenEndpointAuthMethod === 'private_key_jwt'
    ? oneOf('token_endpoint_auth_signing_alg', metadata.tokenEndpointAuthSigningAlg, assertionSigningAlgs)
    : []

/** `none` is no algorithm, whatever the method (OpenID Connect Core §9). */
export const assertionAlgIsNotNone: Check = ({ metadata }) =>
  metadata.tokenEndpointAuthMethod !== 'private_key_jwt' && metadata.tokenEndpointAuthSigningAlg === 'none'
    ? oneOf('token_endpoint_auth_signing_alg', 'none', assertionSigningAlgs)
    : []
