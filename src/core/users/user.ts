/** A person who may sign in on the built-in pages. */
export interface User {
  /** The `sub` of the person's tokens. */
  readonly subject: string
  /** The name for signing in. */
  readonly username: string
  /** The slow hash of the password. */
  readonly password: string
  readonly name?: string | undefined
  readonly email?: string | undefined
}

/** The user with this subject; undefined if the configuration does not list one, or no longer. */
export const userOf = (users: readonly User[], subject: string): User | undefined => users.find((user) => user.subject === subject)

/** The claims about the user that the granted scopes allow in an ID token (OpenID Connect Core §5.4). */
export function userClaims({ name, username, email }: User, granted: readonly string[]): Record<string, unknown> {
  return {
    ...(granted.includes('profile') && { ...(name !== undefined && { name }), preferred_username: username }),
    ...(granted.includes('email') && email !== undefined && { email }),
  }
}
