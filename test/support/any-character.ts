import fc from 'fast-check'

const [surrogates, afterThem] = [0xd800, 0xe000]

/**
 * A Unicode character, as the unit of `fc.string`. The unit `binary` of fast-check is the same, and lists its million characters first: a
 * second of processor time and 150 MB in each process.
 */
export const anyCharacter = fc.integer({ min: 0, max: 0x10ffff - (afterThem - surrogates) }).map(
  (at) => String.fromCodePoint(at < surrogates ? at : at + afterThem - surrogates),
  (character) => {
    const point = String(character).codePointAt(0) ?? 0
    return point < surrogates ? point : point - (afterThem - surrogates)
  },
)
