import type { Reading } from './formats.ts'

/** Who may use the admin listener: whoever reaches it, or whoever presents a token whose SHA-256 is listed. */
export type AdminAuth = 'none' | { readonly bearer: readonly BearerToken[] }

export interface BearerToken {
  /** Who uses it; appears in logs and audit records. */
  readonly name: string
  /** 64 hexadecimal digits in small letters. */
  readonly sha256: string
}

/** Reads `serve.admin.auth`. A problem never quotes a value: somebody may have written the token where its digest belongs. */
export function readAdminAuth(value: unknown): Reading {
  if (value === 'none') return { value }
  const tokens = isRecord(value) && Object.keys(value).join() === 'bearer' ? value.bearer : undefined
  if (!Array.isArray(tokens)) return { problem: 'is neither none nor bearer tokens; write none, or a list `bearer` of name and sha256' }
  if (tokens.length === 0) return { problem: 'lists no token, so nobody could enter; add one with name and sha256' }
  const faults = tokens.map(faultOf)
  const first = faults.findIndex((fault) => fault !== undefined)
  if (first >= 0) return { problem: `has a token, number ${first + 1}, ${faults[first]}` }
  const read = tokens.map(({ name, sha256 }: BearerToken) => ({ name, sha256: sha256.toLowerCase() }))
  if (new Set(read.map(({ name }) => name)).size < read.length) return { problem: 'uses one name for two tokens; name each differently' }
  return { value: { bearer: read } }
}

function faultOf(token: unknown): string | undefined {
  if (!isRecord(token)) return 'that is not a mapping; write name and sha256'
  if (Object.keys(token).some((member) => member !== 'name' && member !== 'sha256'))
    return 'with a member we do not know; write name and sha256 only'
  if (typeof token.name !== 'string' || token.name.trim() === '') return 'without a name; say who uses it'
  if (typeof token.sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(token.sha256)) {
    return 'whose sha256 is not 64 hexadecimal digits; write the output of `printf %s "$TOKEN" | sha256sum`'
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
