import { type User, userOf } from '../../core/users/user.ts'

/** How a page names an account: by the name or the user name, or else by the subject, as another login application has its own users. */
export function accountName(users: readonly User[], subject: string): string {
  const user = userOf(users, subject)
  return user?.name ?? user?.username ?? subject
}
