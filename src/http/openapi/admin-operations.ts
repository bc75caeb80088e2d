import type { AdminHandlers } from '../admin.ts'
import type { AnswerOf, Operation } from './operation.ts'
import { sharedOperations } from './shared-operations.ts'

const json = 'application/json'
const text = { type: 'string' }
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
