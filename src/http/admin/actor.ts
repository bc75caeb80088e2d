import type { Actor } from '../../core/audit/audit.ts'
import type { Request } from '../server/request.ts'

/** Which administrator a request comes from: the name of its bearer token, or `local` where none is asked for. */
const names = new WeakMap<Request, string>()

export const rememberActor = (request: Request, name: string): void => void names.set(request, name)

export const actorOf = (request: Request): Actor => `admin:${names.get(request) ?? 'local'}`
