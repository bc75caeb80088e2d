import type { Reading } from './formats.ts'

/** Access to the admin listener: `none`, for every caller; or bearer tokens, of which the SHA-256 is listed. */
export type AdminAuth = 'none' | { readonly bearer: readonly BearerToken[] }

export interface BearerToken {
  /** The user of the token, shown in logs and audit records. */
  readonly name: string
  /** 64 hexadecimal digits in small letters. */
  readonly sha256: string
}

/** Reads `serve.admin.auth`. A problem never quotes a value, which may be the token, written by mistake in place of its digest. */
export function readAdminAuth(value: unknown): Reading {
  if (value === 'none') return { value }
  const tokens = isRecord(value) && Object.keys(value).join() === 'bearer' ? value.bearer : undefined
  if (!Array.isArray(tokens)) return { problem: 'is neither none nor bearer tokens; write none, or a list `bearer` of name and sha256' }
  if (tokens.length === 0) return { problem: 'lists no token, so no caller would be accepted; add one with name and sha256' }
  const faults = tokens.map(faultOf)
  const first = faults.findIndex((fault) => fault !== undefined)
  if (first >= 0) return { problem: `has a token, number ${first + 1}, ${faults[first]}` }
  const read = tokens.map(({ name, sha256 }: BearerToken) => ({ name, sha256: sha256.toLowerCase() }))
  if (new Set(read.map(({ name }) => name)).size < read.length)
    return { problem: 'uses one name for two tokens; write a different name for each' }
  return { value: { bearer: read } }
}

function faultOf(token: unknown): string | undefined {
  if (!isRecord(token)) return 'that is not a mapping; write name and sha256'
  if (Object.keys(token).some((member) => member !== 'name' && member !== 'sha256'))
    return 'with an unknown member; write name and sha256 only'
  if (typeof token.name !== 'string' || token.name.trim() === '') return 'without a name; write the name of its user'
  if (typeof token.sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(token.sha256)) {
    return 'whose sha256 is not 64 hexadecimal digits; write the output of `printf %s "$TOKEN" | sha256sum`'
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
