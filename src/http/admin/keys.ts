import type { Actor } from '../../core/audit/audit.ts'
import type { KeyParameters } from '../../core/keys/create-key.ts'
import type { KeyDeletion } from '../../core/keys/delete-keys.ts'
import type { By } from '../../core/keys/replace-keys.ts'
import type { JsonLimits } from '../../lib/json.ts'
import { readJwk, readJwkSet, readKeyName, readKeyOrder } from '../../protocol/hydra-keys.ts'
import type { Jwk } from '../../protocol/jwks.ts'
import { jsonBody } from '../server/body.ts'
import { pathParameter, queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { empty, hydraNoStore, json, type Response } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import { actorOf } from './actor.ts'

const keyJson: JsonLimits = { depth: 8, width: 256 }

/** `GET /admin/keys/{set}`: with private halves, as in Hydra. */
export const getKeySet = (deps: { read: (set: string) => Promise<Jwk[]> }): Handler => {
  return async (request) => answer(200, await deps.read(pathParameter(request, 'id')))
}

/** `GET /admin/keys/{set}/{kid}`: a set of one. */
export const getKey = (deps: { read: (set: string, kid: string) => Promise<Jwk> }): Handler => {
  return async (request) => answer(200, [await deps.read(pathParameter(request, 'id'), pathParameter(request, 'kid'))])
}

/** `POST /admin/keys/{set}`: makes a key, which is how keys are rotated; answers with the new one alone. */
export const createKey = (deps: { create: (set: string, key: KeyParameters, actor: Actor) => Promise<Jwk> }): Handler => {
  return async (request) => {
    const set = readKeyName(pathParameter(request, 'id'), 'the name of the set')
    const key = await deps.create(set, readKeyOrder(jsonBody(request, keyJson)), actorOf(request))
    return answer(201, [key], { location: `/admin/keys/${encodeURIComponent(set)}` })
  }
}

/** `PUT /admin/keys/{set}` */
export const setKeySet = (deps: { replace: (set: string, jwks: readonly Jwk[], by: By) => Promise<Jwk[]> }): Handler => {
  return async (request) => {
    const set = readKeyName(pathParameter(request, 'id'), 'the name of the set')
    return answer(200, await deps.replace(set, readJwkSet(jsonBody(request, keyJson)), byOf(request)))
  }
}

/** `PUT /admin/keys/{set}/{kid}`: the `kid` of the body decides, as in Hydra; a body without one takes that of the path. */
export const setKey = (deps: { replace: (set: string, jwk: Jwk, by: By) => Promise<Jwk> }): Handler => {
  return async (request) => {
    const set = readKeyName(pathParameter(request, 'id'), 'the name of the set')
    const jwk = readJwk(jsonBody(request, keyJson))
    const kid = jwk.kid === '' ? readKeyName(pathParameter(request, 'kid'), 'kid') : jwk.kid
    return json(200, await deps.replace(set, { ...jwk, kid }, byOf(request)), hydraNoStore)
  }
}

type Remove = (deletion: KeyDeletion, actor: Actor) => Promise<void>

/** `DELETE /admin/keys/{set}` */
export const deleteKeySet = (deps: { remove: Remove }): Handler => {
  return async (request) => {
    await deps.remove({ set: pathParameter(request, 'id'), kid: undefined, isForced: isForced(request) }, actorOf(request))
    return empty(204)
  }
}

/** `DELETE /admin/keys/{set}/{kid}` */
export const deleteKey = (deps: { remove: Remove }): Handler => {
  return async (request) => {
    await deps.remove(
      { set: pathParameter(request, 'id'), kid: pathParameter(request, 'kid'), isForced: isForced(request) },
      actorOf(request),
    )
    return empty(204)
  }
}

/** `?force=true`: also the last key of an algorithm that clients registered. */
const isForced = (request: Request): boolean => queryParameter(request, 'force') === 'true'

const byOf = (request: Request): By => ({ actor: actorOf(request), isForced: isForced(request) })

const answer = (status: number, keys: readonly Jwk[], headers = {}): Response => json(status, { keys }, { ...hydraNoStore, ...headers })
