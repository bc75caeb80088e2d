/** The members that people read, and so may come in several languages (RFC 7591 §2.2, OpenID Connect Registration §2.1). */
const taggable = new Set(['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri'])

/** The shape of a BCP 47 tag: words of 1 to 8 letters or digits, the first of letters. */
const bcp47 = /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i

export const isTaggable = (member: string): boolean => taggable.has(member)

/** `client_name#fr` → its member and its tag; undefined where the tag is not one. */
export function languageTagged(name: string): { member: string; tag: string } | undefined {
  const at = name.indexOf('#')
  const tag = name.slice(at + 1)
  return bcp47.test(tag) && tag.length <= 64 ? { member: name.slice(0, at), tag } : undefined
}
