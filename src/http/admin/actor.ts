import type { Actor } from '../../core/audit/audit.ts'
import type { Request } from '../server/request.ts'

const names = new WeakMap<Request, string>()

/** @param name of the bearer token of the request */
export const rememberActor = (request: Request, name: string): void => void names.set(request, name)

/** The administrator that sent a request: the name of the bearer token, or `local` where no token is required. */
export const actorOf = (request: Request): Actor => `admin:${names.get(request) ?? 'local'}`
