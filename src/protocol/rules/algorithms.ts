import { assertionSigningAlgs } from '../grant-types.ts'
import { type Check, oneOf } from '../metadata-rule.ts'

/** What a client may have signed for it is what this server can sign with now, or what it has registered already. */
export const responseAlgsAreSupported: Check = ({ metadata, settings: { signingAlgs }, inForce }) => [
  ...oneOf('userinfo_signed_response_alg', metadata.userinfoSignedResponseAlg, ['none', ...signingAlgs], inForce.userinfoSignedResponseAlg),
  ...oneOf('id_token_signed_response_alg', metadata.idTokenSignedResponseAlg, signingAlgs, inForce.idTokenSignedResponseAlg),
]

export const requestObjectAlgIsSupported: Check = ({ metadata }) =>
  oneOf('request_object_signing_alg', metadata.requestObjectSigningAlg, assertionSigningAlgs)
