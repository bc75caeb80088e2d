import type { Client } from '../../core/clients/client.ts'
import { inLanguages } from '../../protocol/language-tag.ts'

/** What a client registered about itself for people to read. */
export interface ClientTexts {
  readonly clientName: string
  readonly clientUri?: string | undefined
  readonly policyUri?: string | undefined
  readonly tosUri?: string | undefined
}

/** Each member in the first of the person's languages that it has, or else without a language tag (RFC 7591 §2.2). */
export function clientTexts({ clientId, metadata }: Client, languages: readonly string[]): ClientTexts {
  const localized = (member: string) => inLanguages(metadata.localized ?? {}, member, languages)
  return {
    // RFC 7591 §2: the id stands for a missing name.
    clientName: localized('client_name') ?? (metadata.clientName || clientId),
    clientUri: localized('client_uri') ?? metadata.clientUri,
    policyUri: localized('policy_uri') ?? metadata.policyUri,
    tosUri: localized('tos_uri') ?? metadata.tosUri,
  }
}
