import type { createKey as createKeyAct } from '../../core/keys/create-key.ts'
import type { deleteKeys } from '../../core/keys/delete-keys.ts'
import type { readKey, readKeySet } from '../../core/keys/read-keys.ts'
import type { By, replaceKey, replaceKeySet } from '../../core/keys/replace-keys.ts'
import type { JsonLimits } from '../../lib/json.ts'
import { readJwk, readJwkSet, readKeyName, readKeyOrder } from '../../protocol/hydra-keys.ts'
import type { Jwk } from '../../protocol/jwks.ts'
import { jsonBody } from '../server/body.ts'
import type { ResponseOf } from '../server/operation.ts'
import { pathParameter, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { empty, hydraNoStore, json, type Response } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import { actorOf } from './actor.ts'

const keyJson: JsonLimits = { depth: 8, width: 256 }

const keySet = { path: '/admin/keys/:id', face: 'admin' } as const
const oneKey = { path: '/admin/keys/:id/:kid', face: 'admin' } as const
const shared = { tag: 'jwk', pathNames: { id: 'set' } } as const
const force = {
  force: { schema: { type: 'boolean' }, description: 'Allow it for the last key of an algorithm that clients registered.' },
}

/** `GET /admin/keys/{set}`: with private keys, as in Hydra. */
export const getKeySet = (deps: { readonly readKeySet: ReturnType<typeof readKeySet> }): Endpoint => ({
  method: 'GET',
  ...keySet,
  operation: {
    ...shared,
    id: 'getJsonWebKeySet',
    summary: 'Read a set of signing keys, private keys included.',
    responses: { 200: setBody('The set.') },
    errors: [404],
  },
  async handler(request) {
    return keysResponse(200, await deps.readKeySet(setOf(request)))
  },
})

/** `POST /admin/keys/{set}`: creates a key, which rotates the set; the response has the new key alone. */
export const createKey = (deps: { readonly createKey: ReturnType<typeof createKeyAct> }): Endpoint => ({
  method: 'POST',
  ...keySet,
  operation: {
    ...shared,
    id: 'createJsonWebKeySet',
    summary: 'Create a key, which rotates the set: the new key signs once it has been published long enough.',
    body: { type: 'application/json', schema: 'CreateJsonWebKeySet' },
    responses: { 201: { ...setBody('The new key alone.'), headers: { location: 'The URL of the set.' } } },
    errors: [409],
  },
  async handler(request) {
    const set = nameOfSet(request)
    const key = await deps.createKey(set, readKeyOrder(jsonBody(request, keyJson)), actorOf(request))
    return keysResponse(201, [key], { location: `/admin/keys/${encodeURIComponent(set)}` })
  },
})

/** `PUT /admin/keys/{set}` */
export const setKeySet = (deps: { readonly replaceKeySet: ReturnType<typeof replaceKeySet> }): Endpoint => ({
  method: 'PUT',
  ...keySet,
  operation: {
    ...shared,
    id: 'setJsonWebKeySet',
    summary: 'Replace a set.',
    query: force,
    body: { type: 'application/json', schema: 'JsonWebKeySet' },
    responses: { 200: setBody('Replaced.') },
    errors: [409],
  },
  async handler(request) {
    const set = nameOfSet(request)
    return keysResponse(200, await deps.replaceKeySet(set, readJwkSet(jsonBody(request, keyJson)), byOf(request)))
  },
})

/** `DELETE /admin/keys/{set}` */
export const deleteKeySet = (deps: { readonly deleteKeys: ReturnType<typeof deleteKeys> }): Endpoint => ({
  method: 'DELETE',
  ...keySet,
  operation: {
    ...shared,
    id: 'deleteJsonWebKeySet',
    summary: 'Delete a set.',
    query: force,
    responses: { 204: { description: 'Deleted.' } },
    errors: [404, 409],
  },
  async handler(request) {
    await deps.deleteKeys({ set: setOf(request), kid: undefined, isForced: isForced(request) }, actorOf(request))
    return empty(204)
  },
})

/** `GET /admin/keys/{set}/{kid}`: a set of one key. */
export const getKey = (deps: { readonly readKey: ReturnType<typeof readKey> }): Endpoint => ({
  method: 'GET',
  ...oneKey,
  operation: {
    ...shared,
    id: 'getJsonWebKey',
    summary: 'Read a key.',
    responses: { 200: setBody('A set of one key.') },
    errors: [404],
  },
  async handler(request) {
    return keysResponse(200, [await deps.readKey(setOf(request), kidOf(request))])
  },
})

/** `PUT /admin/keys/{set}/{kid}`: the `kid` of the body decides, as in Hydra; a body without one gets that of the path. */
export const setKey = (deps: { readonly replaceKey: ReturnType<typeof replaceKey> }): Endpoint => ({
  method: 'PUT',
  ...oneKey,
  operation: {
    ...shared,
    id: 'setJsonWebKey',
    summary: 'Replace or add a key.',
    query: force,
    body: { type: 'application/json', schema: 'JsonWebKey' },
    responses: { 200: { description: 'The key.', schema: 'JsonWebKey' } },
    errors: [409],
  },
  async handler(request) {
    const set = nameOfSet(request)
    const jwk = readJwk(jsonBody(request, keyJson))
    const kid = jwk.kid === '' ? readKeyName(kidOf(request), 'kid') : jwk.kid
    return json(200, await deps.replaceKey(set, { ...jwk, kid }, byOf(request)), hydraNoStore)
  },
})

/** `DELETE /admin/keys/{set}/{kid}` */
export const deleteKey = (deps: { readonly deleteKeys: ReturnType<typeof deleteKeys> }): Endpoint => ({
  method: 'DELETE',
  ...oneKey,
  operation: {
    ...shared,
    id: 'deleteJsonWebKey',
    summary: 'Delete a key.',
    query: force,
    responses: { 204: { description: 'Deleted.' } },
    errors: [404, 409],
  },
  async handler(request) {
    await deps.deleteKeys({ set: setOf(request), kid: kidOf(request), isForced: isForced(request) }, actorOf(request))
    return empty(204)
  },
})

function setBody(description: string): ResponseOf {
  return { description, schema: 'JsonWebKeySet' }
}

const setOf = (request: Request): string => pathParameter(request, 'id')
const kidOf = (request: Request): string => pathParameter(request, 'kid')

/** The set that a request writes to; unlike a set that is only read, its name is checked. */
const nameOfSet = (request: Request): string => readKeyName(setOf(request), 'the name of the set')

const isForced = (request: Request): boolean => queryParameter(request, 'force') === 'true'

const byOf = (request: Request): By => ({ actor: actorOf(request), isForced: isForced(request) })

const keysResponse = (status: number, keys: readonly Jwk[], headers = {}): Response =>
  json(status, { keys }, { ...hydraNoStore, ...headers })
