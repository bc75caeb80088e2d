import type { ClientMetadata } from '../client-metadata.ts'
import { completeMetadata, defaultGrantTypes } from '../metadata-defaults.ts'
import { type Check, type Finding, found, type MetadataSettings } from '../metadata-rule.ts'

// What does not grow stays allowed: an administrator or an earlier rule let it in.

/** Bytes of JSON, without the keys, which have a bound of their own. */
const mostMetadata = 16 * 1024
const mostRedirectUris = 50
const mostContacts = 16

export const metadataIsBounded: Check = ({ metadata, settings, inForce }) => {
  const size = sizeOf(metadata, settings)
  if (size <= mostMetadata || size <= sizeOf(inForce, settings)) return []
  return found('the metadata', `is larger than ${mostMetadata / 1024} KiB; shorten its lists and texts`)
}

/** Defaults count, or a client that an administrator made without them would grow by being put back. */
function sizeOf({ jwks: _, ...metadata }: ClientMetadata, settings: MetadataSettings): number {
  return Buffer.byteLength(JSON.stringify(completeMetadata({ grantTypes: defaultGrantTypes as string[], ...metadata }, settings, metadata)))
}

export const redirectUrisAreBounded: Check = ({ metadata, inForce }) =>
  atMost('redirect_uris', mostRedirectUris, metadata.redirectUris, inForce.redirectUris)

export const contactsAreBounded: Check = ({ metadata, inForce }) => atMost('contacts', mostContacts, metadata.contacts, inForce.contacts)

const atMost = (member: string, most: number, values: readonly string[] = [], before: readonly string[] = []): Finding[] =>
  found(member, values.length > Math.max(most, before.length) ? `must not have more than ${most} entries` : undefined)
