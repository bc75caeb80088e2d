// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the recording has placeholders in this form

/** Deliberate differences from Hydra. */
export interface Deliberate {
  /** The reason: a product decision, a requirement of a standard, or a missing feature. */
  readonly decision: string
  /** This server's values, by the id of the exchange and the place in the response. Texts may contain placeholders. */
  readonly ours: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const each = (ids: readonly string[], ours: Readonly<Record<string, unknown>>): Deliberate['ours'] =>
  Object.fromEntries(ids.map((id) => [id, ours]))

const refusedAsRecorded = { status: 400 }
const refusedAnyway = { status: 400, 'amended status': 400 }
const ownRegistrationUri = { '/registration_client_uri': '<url:public>/oauth2/register/<uuid>' }

const whatIsOn = {
  '/response_types_supported': ['code'],
  '/grant_types_supported': ['authorization_code', 'refresh_token', 'client_credentials'],
  '/scopes_supported': ['openid', 'profile', 'email', 'offline', 'offline_access'],
  '/code_challenge_methods_supported': ['S256'],
  '/request_object_signing_alg_values_supported': [
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ],
}
const noRoute = {
  error: {
    code: 404,
    message: 'Not Found',
    reason: 'The requested route does not exist. Make sure you are using the right path, domain, and port.',
  },
}

export const deliberate: readonly Deliberate[] = [
  {
    decision: 'redirect_uris is required for redirect grants (OREG-01); with one the same request is accepted',
    ours: each(
      [
        'r020-create-empty',
        'r027-create-noct',
        'r028-create-formct',
        'r029-create-slash',
        'r030-create-case',
        'r033-create-nulls',
        'r034-create-tolerated',
        'r035-create-ids',
        'r036-create-authz-ignored',
        'r040-create-pkjwt-uri',
        'r042-create-pkjwt-emptyset',
        'r046-create-alg-ignored',
        'r050-create-jwks-both-ok',
        'r051-create-jwks-emptyset',
        'r057-create-jwks-okp',
        'r065-create-uris-ok',
        'r072-create-strategy-empty',
        'r075-create-skip-false',
        'r091-create-session-false',
        'r099-create-sector-empty',
        'r114-strict-empty',
        'r120-strict-public-ip',
      ],
      refusedAsRecorded,
    ),
  },
  {
    decision: 'the body of a registration is one JSON object (R7591-27, R7592-12)',
    ours: {
      'r021-create-null': refusedAsRecorded,
      'r026-create-trailing': refusedAsRecorded,
      'r176-put-null-body': refusedAsRecorded,
    },
  },
  {
    decision: 'member names are case-sensitive (R7591-01), so this one is unknown and ignored',
    ours: { 'r031-create-case-secret': { 'amended status': 201 } },
  },
  {
    decision: 'scope is narrowed to what the policy allows',
    ours: { 'r038-create-post': { '/scope': 'offline_access offline openid' } },
  },
  {
    decision: 'jwks is a JWK Set: its keys are an array (R7591-21) of public keys',
    ours: { 'r043-create-pkjwt-nullkeys': refusedAnyway, 'r056-create-jwks-private': refusedAnyway },
  },
  {
    decision: 'an unsupported token_endpoint_auth_method is refused',
    ours: { 'r047-create-method-odd': refusedAnyway },
  },
  {
    decision: "the operator's members are accepted without effect if they are empty or null",
    ours: {
      ...each(['r069-create-metadata-empty', 'r070-create-metadata-null'], { 'amended status': 201 }),
      ...each(['r161-put-metadata-empty', 'r162-put-metadata-null'], { 'amended status': 200 }),
    },
  },
  {
    decision: "the operator's members are refused if they have a value; grants and scopes are narrowed",
    ours: {
      'r087-create-lifespans': refusedAnyway,
      'r088-create-privileged': { status: 400, 'amended /grant_types': ['client_credentials'], 'amended /scope': 'offline' },
    },
  },
  {
    decision: 'members that the server sets are ignored, whatever their value',
    ours: {
      ...each(['r081-create-types-expires', 'r084-create-types-time'], { 'amended status': 201 }),
      'r171-put-ok': { '/created_at': '<time-s>' },
      'r174-put-otherid': { status: 400, 'amended /registration_client_uri': '<url:public>/oauth2/register/${c1.id}' },
      'a242-p-put': { '/created_at': '<time-s>' },
    },
  },
  {
    decision: 'pairwise subjects with redirect URIs on several hosts require a sector_identifier_uri (OCORE-08)',
    ours: { 'r107-create-subject-pairwise-hosts': { status: 400, 'amended /subject_type': 'public' } },
  },
  {
    decision: "allowed_cors_origins is limited to the origins of the client's own redirect URIs; others are dropped",
    ours: each(
      ['r092-create-cors-bad', 'r093-create-cors-path', 'r094-create-cors-user', 'r095-create-cors-scheme', 'r096-create-cors-unparse'],
      { 'amended status': 201 },
    ),
  },
  {
    decision: 'redirect URIs are https, loopback http or private-use, without wildcards',
    ours: { 'r105-create-redirect-odd': refusedAsRecorded },
  },
  {
    decision: 'an unsupported method on a known path is 405 (RFC 9110 §15.5.6)',
    ours: each(
      [
        'd006-oidc-post',
        'r123-route-get-collection',
        'r124-route-get-collection-json',
        'r125-route-get-collection-text',
        'r126-route-patch',
        'r127-route-put-collection',
        'a321-r-get-route',
      ],
      { status: 405 },
    ),
  },
  {
    decision: 'the complete registration access token is required, as Authorization: Bearer',
    ours: each(['r135-get-query', 'r136-get-noprefix', 'r137-put-form-rat'], { status: 401 }),
  },
  {
    decision: "the client's own current secret is accepted in PUT as unchanged (RFC 7592 §2.2)",
    ours: each(['r158-put-secret', 'r177-put-create-answer'], { status: 400, 'amended status': 200 }),
  },
  {
    decision: 'a PUT of the owner never changes what an administrator set',
    ours: { 'a183-priv-admin-get': { '/skip_consent': true } },
  },
  {
    decision: 'Location and registration_client_uri are correct for every id',
    ours: {
      ...each(
        [
          'a014-off-admin-create',
          'a180-priv-create',
          'a188-a-create-min',
          'a195-a-create-emptyid',
          'a199-a-create-six',
          'a200-a-create-none',
        ],
        ownRegistrationUri,
      ),
      'a196-a-create-space': {
        'header location': '/admin/clients/${run}%20x',
        '/registration_client_uri': '<url:public>/oauth2/register/${run}%20x',
      },
    },
  },
  {
    decision: 'an admin PUT or PATCH keeps the registration access token alive',
    ours: each(['r243-p-rat-dead', 'r252-x-rat-dead'], { status: 200 }),
  },
  {
    decision: 'errors in a JSON Patch are 400; client_id cannot be patched, so no other client can be changed',
    ours: {
      ...each(
        [
          'a256-x-remove-missing',
          'a259-x-object',
          'a260-x-nobody',
          'a261-x-badjson',
          'a262-x-id',
          'a263-x-clientid',
          'a265-x-move',
          'a266-x-copy',
          'a267-x-badop',
          'a268-x-index',
          'a269-x-type',
          'a271-x-rotated2',
          'a284-x-clientid-other',
        ],
        { status: 400 },
      ),
      'a285-x-clientid-victim': { '/skip_consent': true },
    },
  },
  {
    decision: 'test is an operation of JSON Patch (RFC 6902 §4.6) that changes nothing',
    ours: { 'a264-x-test': { status: 200 } },
  },
  {
    decision: 'the registered secret method may be presented as Basic or post (secret_transport: either)',
    ours: { 'r322-z-post-put': { status: 200 } },
  },
  {
    decision: 'discovery lists exactly what is enabled; the challenge method plain is not supported (RFC 9700 §2.1.1)',
    ours: {
      ...each(['d001-oidc', 'd002-oauth', 'd003-oidc-slash', 'd008-oidc-off', 'd009-oauth-off'], whatIsOn),
      ...each(['d010-oidc-strict', 'd011-oauth-strict'], {
        ...whatIsOn,
        '/scopes_supported': [...whatIsOn['/scopes_supported'], 'foo', 'bar'],
      }),
    },
  },
  {
    decision: 'an unknown path gets a JSON response, whatever Accept says',
    ours: {
      'd004-oidc-issuer-suffix': { '': noRoute },
      'd007-oidc-admin': { '': noRoute, 'header content-type': 'application/json; charset=utf-8', 'header cache-control': undefined },
    },
  },
]
