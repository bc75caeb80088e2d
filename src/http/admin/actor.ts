import type { FastifyRequest } from 'fastify'
import type { Actor } from '../../core/audit/audit.ts'

/** Which administrator a request comes from: the name of its bearer token, or `local` where none is asked for. */
const names = new WeakMap<FastifyRequest, string>()

export const rememberActor = (request: FastifyRequest, name: string): void => void names.set(request, name)

export const actorOf = (request: FastifyRequest): Actor => `admin:${names.get(request) ?? 'local'}`
