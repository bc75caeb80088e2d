/** The members that people read, and so may come in several languages (RFC 7591 §2.2, OpenID Connect Registration §2.1). */
const taggable = new Set(['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri'])

/** The shape of a BCP 47 tag: words of 1 to 8 letters or digits, the first of letters. */
const bcp47 = /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i

export const isTaggable = (member: string): boolean => taggable.has(member)

const longestTag = 64

/** `client_name#fr` → its member and its tag; undefined where the tag is not one. */
export function languageTagged(name: string): { member: string; tag: string } | undefined {
  const at = name.indexOf('#')
  const tag = name.slice(at + 1)
  return bcp47.test(tag) && tag.length <= longestTag ? { member: name.slice(0, at), tag } : undefined
}

/**
 * What a tagged member says in the first of the languages that it comes in. Each language is looked for as it is, then without its
 * last part, and so on (RFC 4647 §3.4), in whatever case (RFC 7591 §2.2).
 *
 * @param localized members under the names they came with, `client_name#fr`
 * @returns undefined where it comes in none of them
 */
export function inLanguages(localized: Readonly<Record<string, string>>, member: string, languages: readonly string[]): string | undefined {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(localized)) {
    const tagged = languageTagged(name)
    if (tagged?.member === member) values.set(tagged.tag.toLowerCase(), value)
  }
  return languages
    .filter(({ length }) => length <= longestTag)
    .flatMap(widening)
    .map((tag) => values.get(tag))
    .find((value) => value !== undefined)
}

/** `de-CH-x-private` → itself, `de-CH`, `de`. A part of one letter only says what kind the next one is of. */
function widening(language: string): string[] {
  const parts = language.toLowerCase().split('-')
  const tags = parts.map((_, at) => parts.slice(0, parts.length - at))
  return tags.filter((tag, at) => at === 0 || (tag.at(-1) ?? '').length > 1).map((tag) => tag.join('-'))
}
