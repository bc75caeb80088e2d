/** What is wrong with one member of a registration request, in words for the caller. RFC 7591 §3.2.2 has the two codes. */
export interface Problem {
  readonly code: 'invalid_redirect_uri' | 'invalid_client_metadata'
  /** The member and, in a list, the entry: `redirect_uris[1]`. */
  readonly member: string
  /** What is wrong and what would be right; starts in lower case, without a full stop. */
  readonly message: string
}

/** A problem of `member`; redirect URIs have an error code of their own (RFC 7591 §3.2.2). */
export function problem(member: string, message: string): Problem {
  const code = member.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  return { code, member, message }
}

/**
 * A caller's value as it may stand in an `error_description`: ASCII without quotes and backslashes (RFC 6749 §5.2), at most 80
 * characters, in single quotes.
 */
export function quote(value: string): string {
  const shown = value.length > 80 ? `${value.slice(0, 77)}...` : value
  return `'${shown.replace(/[^\x20-\x7e]|["\\]/g, '?')}'`
}
