import type { Fence } from '../lib/fence.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { quote } from './problem.ts'

/** Where metadata comes from: a client that registers itself, or an administrator in Hydra's form. */
export type Face = 'registration' | 'admin'

/** What the rules need to know of the operator's settings. */
export interface MetadataSettings {
  readonly fence: Fence
  /** The kinds of subject that a client may ask for; the first is what it gets if it does not. */
  readonly subjectTypes: readonly string[]
  /** What this server can sign with now. */
  readonly signingAlgs: readonly string[]
  /** Private-use redirect schemes without a dot that known apps use. */
  readonly dotlessSchemes: readonly string[]
}

export interface Checked {
  readonly metadata: ClientMetadata
  readonly settings: MetadataSettings
  /** What the client has already, which may stay: an administrator or an earlier rule let it in. */
  readonly inForce: ClientMetadata
}

/** What a rule found. */
export interface Finding {
  /** The member and, in a list, the entry: `redirect_uris[1]`. */
  readonly member: string
  /** What is wrong and what would be right, in the words of the registration face. */
  readonly message: string
  readonly value?: string
  /** The values that would be accepted. */
  readonly supported?: readonly string[]
}

export type Check = (checked: Checked) => Finding[]

export const found = (member: string, message: string | undefined): Finding[] => (message === undefined ? [] : [{ member, message }])

/** @param kept what the client has already, which may stay (decision 0005) */
export function oneOf(member: string, value: string | undefined, supported: readonly string[], kept?: string): Finding[] {
  if (value === undefined || value === kept || supported.includes(value)) return []
  return [{ member, value, supported, message: `${quote(value)} is not supported; use ${supported.join(', ')}` }]
}

export function each(
  member: string,
  values: string | readonly string[] | undefined,
  fault: (value: string) => string | undefined,
): Finding[] {
  if (values === undefined) return []
  if (typeof values === 'string') return found(member, fault(values))
  return values.flatMap((value, at) => found(`${member}[${at}]`, fault(value)))
}
