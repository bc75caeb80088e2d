import { Configuration, OAuth2Api, type OAuth2Client, OidcApi } from '@ory/hydra-client'
import { recordSecretsIn } from '../support/request.ts'
import type { TestServer } from '../support/server.ts'

type Failure = {
  readonly response?: { readonly status: number; readonly data: { readonly error: string; readonly error_description: string } }
}

/** Hydra's client for the public listener. Its parameter accessToken is the registration access token. */
export const oidcApi = (server: TestServer, accessToken?: string): OidcApi => new OidcApi(configuration(server.publicUrl, accessToken))

/** Hydra's client for the admin listener. */
export const oauth2Api = (server: TestServer): OAuth2Api => new OAuth2Api(configuration(server.adminUrl))

export const configuration = (basePath: string, accessToken?: string): Configuration =>
  new Configuration({ basePath, baseOptions: { transformResponse: [read] }, ...(accessToken !== undefined && { accessToken }) })

/** Records the secrets in responses, so that the logs can be searched for them. */
function read(text: string, headers: Record<string, string>): unknown {
  if (!headers['content-type']?.includes('json') || text === '') return text
  const json: unknown = JSON.parse(text)
  recordSecretsIn(json)
  return json
}

/** The error of a failed call: its status and the two members of the body. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; error: string; description: string }> {
  const failure = await call.then(
    () => undefined,
    (error: Failure) => error.response,
  )
  if (!failure) throw new Error('the call did not fail with a response')
  return { status: failure.status, error: failure.data.error, description: failure.data.error_description }
}

/** The credentials in a response, which the SDK's types declare as optional. */
export function credentialsOf(client: OAuth2Client): { id: string; secret: string; token: string } {
  return { id: client.client_id ?? '', secret: client.client_secret ?? '', token: client.registration_access_token ?? '' }
}
