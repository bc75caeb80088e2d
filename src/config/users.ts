import { readSecretHash } from '../protocol/secret-hash.ts'
import type { Reading } from './formats.ts'

/** A person who may sign in on the built-in page. */
export interface ConfiguredUser {
  /** The `sub` of the person's tokens, which stays the same when the user name changes. */
  readonly subject: string
  /** The name for signing in. */
  readonly username: string
  /** An argon2id hash in PHC form. */
  readonly password: string
  readonly name?: string
  readonly email?: string
}

const needed = ['subject', 'username', 'password']
const members = [...needed, 'name', 'email']

/** Reads `users`. A problem never quotes a value, which may be a password, written by mistake in place of its hash. */
export function readUsers(value: unknown): Reading {
  if (!Array.isArray(value)) return { problem: 'is not a list; write a list of subject, username and password' }
  const faults = value.map(faultOf)
  const first = faults.findIndex((fault) => fault !== undefined)
  if (first >= 0) return { problem: `has a user, number ${first + 1}, ${faults[first]}` }
  const users = value as ConfiguredUser[]
  for (const member of ['subject', 'username'] as const) {
    if (new Set(users.map((user) => user[member])).size < users.length)
      return { problem: `has two users with one ${member}; write a different one for each` }
  }
  return { value: users.map((user) => ({ ...user })) }
}

function faultOf(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null || Array.isArray(user)) return 'that is not a mapping; write subject, username and password'
  const written = user as Record<string, unknown>
  if (Object.keys(written).some((member) => !members.includes(member))) return `with an unknown member; write ${members.join(', ')} only`
  const empty = members.find((member) => !isText(written[member]) && (needed.includes(member) || written[member] !== undefined))
  if (empty !== undefined) return `whose ${empty} is not a text; write one`
  return readSecretHash(String(written.password))?.kind === 'argon2id'
    ? undefined
    : 'whose password is not an argon2id hash; write the output of `clientele generate password-hash`'
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''
