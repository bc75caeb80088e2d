import type { AdminHandlers } from '../admin.ts'
import type { AnswerOf, Operation } from './operation.ts'
import { sharedOperations } from './shared-operations.ts'

const json = 'application/json'
const text = { type: 'string' }
const set = { id: 'set' }
const keySet = (description: string): AnswerOf => ({ description, schema: 'JsonWebKeySet' })
const client = (description: string): AnswerOf => ({ description, schema: 'OAuth2Client' })

/** What each admin route does, by the name of its handler; the compiler misses none. */
export const adminOperations: Readonly<Record<keyof AdminHandlers, Operation>> = {
  listClients: {
    id: 'listOAuth2Clients',
    tag: 'oAuth2',
    summary: 'Lists clients by id, a page at a time.',
    query: {
      page_size: { schema: { type: 'integer', default: 100, maximum: 500 }, description: 'How many.' },
      page_token: { schema: text, description: 'From `Link` of the page before.' },
      client_name: { schema: text, description: 'Only clients with exactly this name.' },
      owner: { schema: text, description: 'Only clients with exactly this owner.' },
    },
    answers: {
      200: {
        description: 'A page.',
        schema: { type: 'array', items: { $ref: '#/components/schemas/OAuth2Client' } },
        headers: { link: 'The first and the next page (RFC 8288).' },
      },
    },
  },
  createClient: {
    id: 'createOAuth2Client',
    tag: 'oAuth2',
    summary: 'Creates a client.',
    body: { type: json, schema: 'OAuth2Client' },
    answers: { 201: client('Created. The secret and the registration access token are told once.') },
    refusals: [409],
  },
  getClient: { id: 'getOAuth2Client', tag: 'oAuth2', summary: 'Reads a client.', answers: { 200: client('The client.') }, refusals: [404] },
  setClient: {
    id: 'setOAuth2Client',
    tag: 'oAuth2',
    summary: 'Replaces a client; its registration access token stays in force.',
    body: { type: json, schema: 'OAuth2Client' },
    answers: { 200: client('Replaced.') },
    refusals: [404],
  },
  patchClient: {
    id: 'patchOAuth2Client',
    tag: 'oAuth2',
    summary: 'Changes members of a client (RFC 6902).',
    body: { type: json, schema: 'JsonPatch' },
    answers: { 200: client('Changed.') },
    refusals: [404],
  },
  deleteClient: {
    id: 'deleteOAuth2Client',
    tag: 'oAuth2',
    summary: 'Deletes a client and ends its tokens.',
    answers: { 204: { description: 'Deleted.' } },
    refusals: [404],
  },
  setLifespans: {
    id: 'setOAuth2ClientLifespans',
    tag: 'oAuth2',
    summary: 'Sets how long what a client gets is valid.',
    body: { type: json, schema: 'OAuth2ClientTokenLifespans' },
    answers: { 200: client('Set.') },
    refusals: [404],
  },
  rotateSecret: {
    id: 'rotateOAuth2ClientSecret',
    tag: 'oAuth2',
    summary: 'Gives a client a new secret; the earlier one works on.',
    answers: { 200: client('The new secret is told once.') },
    refusals: [404],
  },
  forgetRotatedSecrets: {
    id: 'deleteRotatedOAuth2ClientSecrets',
    tag: 'oAuth2',
    summary: 'Ends the earlier secrets of a client.',
    answers: { 200: client('Only the current secret works.') },
    refusals: [404],
  },
  newRegistrationToken: {
    id: 'createOAuth2ClientRegistrationAccessToken',
    tag: 'oAuth2',
    summary: 'Gives a client a new registration access token, told once; the one before is dead.',
    answers: { 200: { description: 'The new token.', schema: 'RegistrationAccessToken' } },
    refusals: [404],
  },
  introspect: {
    id: 'introspectOAuth2Token',
    tag: 'oAuth2',
    summary: 'Says what a token is worth (RFC 7662).',
    body: { type: 'application/x-www-form-urlencoded', schema: 'IntrospectionRequest' },
    answers: { 200: { description: 'What is known of it, or that it is not active.', schema: 'IntrospectedOAuth2Token' } },
  },
  deleteTokens: {
    id: 'deleteOAuth2Token',
    tag: 'oAuth2',
    summary: 'Ends every access token of a client.',
    query: { client_id: { schema: text, description: 'Whose.', required: true } },
    answers: { 204: { description: 'Ended.' } },
    refusals: [404],
  },
  getKeySet: {
    id: 'getJsonWebKeySet',
    tag: 'jwk',
    summary: 'Reads a set of signing keys, private halves included.',
    names: set,
    answers: { 200: keySet('The set.') },
    refusals: [404],
  },
  createKey: {
    id: 'createJsonWebKeySet',
    tag: 'jwk',
    summary: 'Makes a key, which rotates the set: the new one signs once it has been published long enough.',
    names: set,
    body: { type: json, schema: 'CreateJsonWebKeySet' },
    answers: { 201: { ...keySet('The new key alone.'), headers: { location: 'Where the set is.' } } },
    refusals: [409],
  },
  setKeySet: {
    id: 'setJsonWebKeySet',
    tag: 'jwk',
    summary: 'Replaces a set.',
    names: set,
    body: { type: json, schema: 'JsonWebKeySet' },
    answers: { 200: keySet('Replaced.') },
    refusals: [409],
  },
  deleteKeySet: {
    id: 'deleteJsonWebKeySet',
    tag: 'jwk',
    summary: 'Deletes a set.',
    names: set,
    answers: { 204: { description: 'Deleted.' } },
    refusals: [404],
  },
  getKey: {
    id: 'getJsonWebKey',
    tag: 'jwk',
    summary: 'Reads a key.',
    names: set,
    answers: { 200: keySet('A set of one.') },
    refusals: [404],
  },
  setKey: {
    id: 'setJsonWebKey',
    tag: 'jwk',
    summary: 'Replaces or adds a key.',
    names: set,
    body: { type: json, schema: 'JsonWebKey' },
    answers: { 200: { description: 'The key.', schema: 'JsonWebKey' } },
    refusals: [409],
  },
  deleteKey: {
    id: 'deleteJsonWebKey',
    tag: 'jwk',
    summary: 'Deletes a key.',
    names: set,
    answers: { 204: { description: 'Deleted.' } },
    refusals: [404],
  },
  metrics: {
    id: 'getPrometheusMetrics',
    tag: 'metadata',
    summary: "What the process counts and measures, in Prometheus' text format.",
    answers: { 200: { description: 'Samples.', type: 'text/plain', schema: text } },
    still: true,
  },
  version: {
    id: 'getVersion',
    tag: 'metadata',
    summary: 'The version of this server.',
    answers: { 200: { description: 'A version.', schema: 'Version' } },
    still: true,
  },
  ...sharedOperations,
}
