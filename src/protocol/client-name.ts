/**
 * The scripts that UAX 31 recommends for identifiers (Table 5), but those below that are mixed. UTS 39 restricts the others: they are
 * historic or of limited use, and some of their letters look like Latin ones.
 */
const scripts = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati', 'Gurmukhi', 'Hebrew'],
  ...['Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
]
/** The mixtures that UTS 39 §5.2 allows at the level Highly Restrictive; each covers its single scripts, too. */
const mixtures = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const oneOfThese = (names: readonly string[]) =>
  new RegExp(`^[${[...names, 'Common', 'Inherited'].map((name) => `\\p{Script_Extensions=${name}}`).join('')}]*$`, 'u')
const allowedWords = [...scripts.map((script) => oneOfThese([script])), ...mixtures.map(oneOfThese)]

const invisible = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u

/** U+FE0F after an emoji or in a keycap, and U+200D between emoji. */
const emojiJoiners =
  /(?<=\p{Extended_Pictographic})\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)|(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu

/** Canonical combining class 9 in the scripts above; regular expressions have no property for it. */
const virama =
  '\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d3b\\u0d3c\\u0d4d\\u0dca\\u0e3a\\u0eba\\u0f84\\u1039\\u103a\\u17d2'
/** Arabic letters of joining type R, then those of type U: the others are of type D. There is no property for that, either. */
const rightJoining =
  '\\u0622-\\u0625\\u0627\\u0629\\u062f-\\u0632\\u0648\\u0671-\\u0673\\u0675-\\u0677\\u0688-\\u0699\\u06c0\\u06c3-\\u06cb\\u06cd\\u06cf' +
  '\\u06d2\\u06d3\\u06d5\\u06ee\\u06ef\\u0759-\\u075b\\u076b\\u076c\\u0771\\u0773\\u0774\\u0778\\u0779'
const nonJoining = '\\u0621\\u0674'
const joining = `[[\\u0620-\\u06ff\\u0750-\\u077f]&&\\p{L}]`
const dualJoining = `[${joining}--[${rightJoining}${nonJoining}]]`

/** RFC 5892 A.1 (U+200C) and A.2 (U+200D). */
const wordJoiners = new RegExp(
  `(?<=[${virama}])[\\u200c\\u200d]|(?<=${dualJoining}\\p{Mn}*)\\u200c(?=\\p{Mn}*[${joining}--[${nonJoining}]])`,
  'gv',
)

/** The form in which names are compared: letters that differ in their width or style only are the same. */
export const comparableName = (name: string): string => name.normalize('NFKC')

/** Why the name of a self-registered client may not be shown to people, or undefined where it may (RFC 7591 §5). */
export function clientNameFault(name: string): string | undefined {
  if (invisible.test(name.replace(emojiJoiners, '').replace(wordJoiners, '')))
    return 'must not contain control or direction characters or other invisible ones'
  if (/^[\p{Z}\u2800]+$/u.test(name)) return 'must not consist of spaces only'
  const compared = comparableName(name)
  if (/\p{M}{4}/u.test(name) || /\p{M}{4}/u.test(compared)) return 'must not have more than three combining marks in a row'
  return wordsOf(compared).every(isOfOneScript)
    ? undefined
    : 'must not mix scripts, such as Latin and Cyrillic, in one word, or use historic ones'
}

/** Spaces, ASCII punctuation and dashes are visible and separate words. */
const wordsOf = (name: string): string[] => name.split(/[\p{Z}\p{Pd}!-/:-@[-`{-~]+/u)

const isOfOneScript = (word: string): boolean => allowedWords.some((allowed) => allowed.test(word))
