import type { registerClient } from '../../core/registration/register-client.ts'
import type { JsonLimits } from '../../lib/json.ts'
import { jsonBody } from '../server/body.ts'
import { json, noStore } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { clientInformation } from './client-information.ts'

/** Deep and wide enough for the metadata of every known client. */
export const registrationJson: JsonLimits = { depth: 16, width: 256 }

interface Deps {
  readonly registerClient: ReturnType<typeof registerClient>
  readonly registrationUri: (clientId: string) => string
}

/** `POST /oauth2/register`: RFC 7591 §3. An `Authorization` header is ignored. */
export const register = ({ registerClient, registrationUri }: Deps): Endpoint => ({
  method: 'POST',
  path: '/oauth2/register',
  face: 'registration',
  operation: {
    id: 'createOidcDynamicClient',
    tag: 'oidc',
    summary: 'Register a client (RFC 7591 §3).',
    description: 'The server narrows the request to what the operator allows; the response shows the values in force.',
    body: { type: 'application/json', schema: 'ClientMetadata' },
    responses: {
      201: {
        description: 'Registered. The secret and the registration access token are shown only once.',
        schema: 'ClientInformation',
        headers: { location: 'The client configuration endpoint of the client.' },
      },
    },
    errors: [404],
  },
  async handler(request) {
    const { client, ...secrets } = await registerClient(jsonBody(request, registrationJson))
    const uri = registrationUri(client.clientId)
    return json(201, clientInformation(client, uri, secrets), { ...noStore, location: uri })
  },
})
