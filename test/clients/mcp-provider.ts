import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientInformationMixed, OAuthClientMetadata, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

/** An MCP client that runs on a person's machine. */
export const app: OAuthClientMetadata = {
  client_name: 'An MCP client',
  redirect_uris: ['http://localhost:3118/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

/** The minimal state that the SDK needs. An application keeps it in a file or a keychain. */
export class MemoryProvider implements OAuthClientProvider {
  readonly clientMetadata: OAuthClientMetadata
  client: OAuthClientInformationMixed | undefined
  redirectedTo: URL | undefined
  saved: OAuthTokens | undefined
  #codeVerifier = ''

  constructor(clientMetadata: OAuthClientMetadata) {
    this.clientMetadata = clientMetadata
  }

  get redirectUrl() {
    return this.clientMetadata.redirect_uris[0]
  }

  clientInformation() {
    return this.client
  }
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.client = client
  }
  tokens() {
    return this.saved
  }
  saveTokens(tokens: OAuthTokens) {
    this.saved = tokens
  }
  redirectToAuthorization(url: URL) {
    this.redirectedTo = url
  }
  saveCodeVerifier(verifier: string) {
    this.#codeVerifier = verifier
  }
  codeVerifier() {
    return this.#codeVerifier
  }
  invalidateCredentials() {
    this.client = undefined
    this.saved = undefined
  }
}
