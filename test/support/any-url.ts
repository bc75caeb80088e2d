import fc from 'fast-check'
import { anyCharacter } from './any-character.ts'

const segment = fc.string({ unit: anyCharacter, maxLength: 10 }).map(encodeURIComponent)

/** A URL of any host name, with any path, query and fragment. `fc.webUrl` lists all characters first, as `anyCharacter` says. */
export const anyUrl = (...schemes: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...schemes), fc.domain(), fc.array(segment, { maxLength: 4 }), fc.option(segment), fc.option(segment))
    .map(([scheme, host, path, query, fragment]) => {
      const rest = path.map((part) => `/${part}`).join('')
      return `${scheme}://${host}${rest}${query === null ? '' : `?${query}`}${fragment === null ? '' : `#${fragment}`}`
    })
