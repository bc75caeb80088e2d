import type { Client } from '../../core/clients/client.ts'
import { inLanguages } from '../../protocol/language-tag.ts'

/** What a client says of itself, for people to read. */
export interface ClientWords {
  readonly clientName: string
  readonly clientUri?: string | undefined
  readonly policyUri?: string | undefined
  readonly tosUri?: string | undefined
}

/** The same, and what of it comes in other languages, too: under the names of the wire, `client_name#fr`. */
export interface ClientSpeech extends ClientWords {
  readonly localized?: Readonly<Record<string, string>> | undefined
}

/** RFC 7591 §2: a client without a name is shown by its id. */
export const speechOf = ({ clientId, metadata }: Client): ClientSpeech => ({
  clientName: metadata.clientName || clientId,
  clientUri: metadata.clientUri,
  policyUri: metadata.policyUri,
  tosUri: metadata.tosUri,
  localized: metadata.localized,
})

/** Each member in the first of a person's languages that it comes in, else as it comes without one (RFC 7591 §2.2). */
export function clientWords({ localized = {}, ...untagged }: ClientSpeech, languages: readonly string[]): ClientWords {
  const said = (member: string) => inLanguages(localized, member, languages)
  return {
    clientName: said('client_name') ?? untagged.clientName,
    clientUri: said('client_uri') ?? untagged.clientUri,
    policyUri: said('policy_uri') ?? untagged.policyUri,
    tosUri: said('tos_uri') ?? untagged.tosUri,
  }
}
