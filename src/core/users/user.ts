/** A person who may sign in on the built-in pages. */
export interface User {
  /** The `sub` of his tokens. */
  readonly subject: string
  /** What he types to sign in. */
  readonly username: string
  /** The slow hash of his password. */
  readonly password: string
  readonly name?: string | undefined
  readonly email?: string | undefined
}

/** The one whose tokens have this `sub`; undefined where he is not listed, or no longer. */
export const userOf = (users: readonly User[], subject: string): User | undefined => users.find((user) => user.subject === subject)

/** What the granted scopes let an ID token say of him (OpenID Connect Core §5.4). */
export function userClaims({ name, username, email }: User, granted: readonly string[]): Record<string, unknown> {
  return {
    ...(granted.includes('profile') && { ...(name !== undefined && { name }), preferred_username: username }),
    ...(granted.includes('email') && email !== undefined && { email }),
  }
}
