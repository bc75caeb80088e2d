// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of the recording are written so
import type { Deliberate } from './deliberate.ts'

/** Where we answer otherwise than Hydra in the flows, on purpose. */
export const deliberateInFlows: readonly Deliberate[] = [
  {
    decision: 'a grant that is not offered is unsupported_grant_type (RFC 6749 §5.2 leaves no room for invalid_request)',
    ours: Object.fromEntries(
      ['f046-tokenerr-unknowngrant', 'f047-tokenerr-password', 'f048-tokenerr-exchange'].map((id) => [
        id,
        {
          '/error': 'unsupported_grant_type',
          '/error_description': 'The authorization grant type is not supported by the authorization server.',
        },
      ]),
    ),
  },
  {
    decision: 'a JWT access token is at+jwt, its jti a UUIDv7, and it has scp and scope both (RFC 9068 §2)',
    ours: {
      'f013-cc-jwt': {
        'jwt /access_token/header/typ': 'at+jwt',
        'jwt /access_token/payload/jti': '<uuid7>',
        'jwt /access_token/payload/scope': 'read write',
      },
    },
  },
  {
    decision: 'introspection tells the jti of a token that has one (RFC 7662 §2.2)',
    ours: { 'f019-introspect-jwt': { '/jti': '<uuid7>' }, 'f030-revoke-foreign-still': { '/jti': '<uuid7>' } },
  },
  {
    decision: 'a known path answers 405 to a method that it does not have (RFC 9110 §15.5.6), and 204 to OPTIONS',
    ours: { 'f024-introspect-get': { status: 405 }, 'f038-tokenerr-get': { status: 405 }, 'f055-tokenerr-options': { status: 204 } },
  },
  {
    decision: 'the registered secret method may be presented as Basic or post (secret_transport: either)',
    ours: { 'f042-tokenerr-wrongmethod': { status: 200 }, 'f043-tokenerr-wrongmethod2': { status: 200 } },
  },
  {
    decision: 'Location is right: keys are on the admin listener',
    ours: {
      'f416-keys-create': { 'header location': '/admin/keys/${run}-set' },
      'f417-keys-create2': { 'header location': '/admin/keys/${run}-set' },
    },
  },
  {
    decision: 'symmetric keys are refused, imported as well as made: Hydra refuses the one and takes the other',
    ours: { 'f425-keys-put-one': { status: 400 } },
  },
  {
    decision: 'verifiable credentials are not offered',
    ours: { 'f437-keys-credentials': { status: 404 } },
  },
]
