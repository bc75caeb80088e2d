import { Configuration, OAuth2Api, type OAuth2Client, OidcApi } from '@ory/hydra-client'
import { recordSecretsIn } from '../support/request.ts'
import type { TestServer } from '../support/server.ts'

type Failure = {
  readonly response?: { readonly status: number; readonly data: { readonly error: string; readonly error_description: string } }
}

/** Hydra's own client for the public listener; the registration access token is what it calls its access token. */
export const oidcApi = (server: TestServer, accessToken?: string): OidcApi => new OidcApi(configuration(server.publicUrl, accessToken))

/** Hydra's own client for the admin listener. */
export const oauth2Api = (server: TestServer): OAuth2Api => new OAuth2Api(configuration(server.adminUrl))

export const configuration = (basePath: string, accessToken?: string): Configuration =>
  new Configuration({ basePath, baseOptions: { transformResponse: [read] }, ...(accessToken !== undefined && { accessToken }) })

/** Secrets in the answers are remembered for the search of the logs. */
function read(text: string, headers: Record<string, string>): unknown {
  if (!headers['content-type']?.includes('json') || text === '') return text
  const json: unknown = JSON.parse(text)
  recordSecretsIn(json)
  return json
}

/** How a call failed: the status and the two members of the error. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; error: string; description: string }> {
  const failure = await call.then(
    () => undefined,
    (error: Failure) => error.response,
  )
  if (!failure) throw new Error('the call did not fail with an answer')
  return { status: failure.status, error: failure.data.error, description: failure.data.error_description }
}

/** Members of an answer that every call needs and the types call optional. */
export function told(client: OAuth2Client): { id: string; secret: string; token: string } {
  return { id: client.client_id ?? '', secret: client.client_secret ?? '', token: client.registration_access_token ?? '' }
}
