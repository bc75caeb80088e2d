import { Type } from '../../lib/json-schema.ts'
import type { AdminAuth } from '../admin-auth.ts'
import type { Dsn } from '../formats.ts'
import type { TokenHook } from '../token-hook.ts'
import type { ConfiguredUser } from '../users.ts'

/** The types of settings. A `format` names the parser in `../formats.ts`; `Unsafe` has the type of the parsed value. */
export const flag = Type.Boolean()
export const text = Type.String({ format: 'text' })
export const salt = Type.String({ format: 'salt' })
export const url = Type.String({ format: 'url' })
export const selfUrl = Type.String({ format: 'self-url' })
export const host = Type.String({ format: 'host' })
export const port = Type.Integer({ minimum: 0, maximum: 65_535 })
/** Parsed to milliseconds. */
export const duration = Type.Unsafe<number>({ type: 'string', format: 'duration' })
/** Parsed to milliseconds; `-1`: without end. */
export const lifespan = Type.Unsafe<number>({ type: 'string', format: 'lifespan' })
/** Parsed to milliseconds; may be 0. */
export const grace = Type.Unsafe<number>({ type: 'string', format: 'grace' })
export const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
export const listOf = (format: string) => Type.Array(Type.String({ format }))
export const choice = <const Value extends string>(...values: Value[]) => Type.Unsafe<Value>({ enum: values })
/** A fraction from 0 to 1. */
export const ratio = Type.Number({ minimum: 0, maximum: 1 })
/** A setting of Hydra that is not parsed. */
export const anything = Type.Unknown()

export const dsn = Type.Unsafe<Dsn>({ type: 'string', format: 'dsn' })
export const adminAuth = Type.Unsafe<AdminAuth>({ format: 'admin-auth' })
export const tokenHook = Type.Unsafe<TokenHook>({ format: 'token-hook' })
export const userList = Type.Unsafe<ConfiguredUser[]>({ format: 'users' })
export const logLevel = Type.Unsafe<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>({ type: 'string', format: 'log-level' })
