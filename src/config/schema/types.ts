import { Type } from '../../lib/json-schema.ts'
import type { AdminAuth } from '../admin-auth.ts'
import type { Dsn } from '../formats.ts'
import type { TokenHook } from '../token-hook.ts'
import type { ConfiguredUser } from '../users.ts'

/** The kinds of value a setting may have. A `format` names the reader in `../formats.ts`; `Unsafe` gives the type it yields. */
export const flag = Type.Boolean()
export const text = Type.String({ format: 'text' })
export const salt = Type.String({ format: 'salt' })
export const url = Type.String({ format: 'url' })
export const selfUrl = Type.String({ format: 'self-url' })
export const host = Type.String({ format: 'host' })
export const port = Type.Integer({ minimum: 0, maximum: 65_535 })
/** Milliseconds, once read. */
export const duration = Type.Unsafe<number>({ type: 'string', format: 'duration' })
/** Milliseconds, once read; `-1` is for ever. */
export const lifespan = Type.Unsafe<number>({ type: 'string', format: 'lifespan' })
/** Milliseconds, once read; may be none. */
export const grace = Type.Unsafe<number>({ type: 'string', format: 'grace' })
export const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
export const listOf = (format: string) => Type.Array(Type.String({ format }))
export const choice = <const Value extends string>(...values: Value[]) => Type.Unsafe<Value>({ enum: values })
/** A part of the whole, 0 to 1. */
export const ratio = Type.Number({ minimum: 0, maximum: 1 })
/** Of Hydra's, and not read: its shape is Hydra's business. */
export const anything = Type.Unknown()

export const dsn = Type.Unsafe<Dsn>({ type: 'string', format: 'dsn' })
export const adminAuth = Type.Unsafe<AdminAuth>({ format: 'admin-auth' })
export const tokenHook = Type.Unsafe<TokenHook>({ format: 'token-hook' })
export const userList = Type.Unsafe<ConfiguredUser[]>({ format: 'users' })
export const logLevel = Type.Unsafe<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>({ type: 'string', format: 'log-level' })
