import { clientNameFault, comparableName } from '../client-name.ts'
import { type Check, found } from '../metadata-rule.ts'

/** RFC 7591 §2.2: tags that differ in case only are one language, and which of the two is meant is unknown. */
export const languagesAreGivenOnce: Check = ({ metadata }) => {
  const first = new Map<string, string>()
  return Object.keys(metadata.localized ?? {}).flatMap((name) => {
    const known = first.get(name.toLowerCase())
    first.set(name.toLowerCase(), known ?? name)
    return found(name, known && `and ${known} are for one language; choose one`)
  })
}

/** RFC 7591 §5, in every language. A name that the client has already may stay (decision 0005). */
export const namesAreNotDeceptive: Check = ({ metadata, inForce }) => {
  const before = namesOf(inForce).map(([, name]) => comparableName(name))
  return namesOf(metadata).flatMap(([member, name]) => (before.includes(comparableName(name)) ? [] : found(member, clientNameFault(name))))
}

/** An administrator may choose any name; those in other languages are not Hydra's, and are held to what its own pages can show. */
export const taggedNamesAreReadable: Check = ({ metadata }) =>
  namesOf({ localized: metadata.localized ?? {} }).flatMap(([member, name]) =>
    found(member, unreadable.test(name) ? 'must not contain control or direction characters' : undefined),
  )

const unreadable = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u

const namesOf = ({ clientName, localized = {} }: Parameters<Check>[0]['metadata']): [member: string, name: string][] => [
  ...(clientName === undefined ? [] : [['client_name', clientName] as [string, string]]),
  ...Object.entries(localized).filter(([member]) => member.startsWith('client_name#')),
]
