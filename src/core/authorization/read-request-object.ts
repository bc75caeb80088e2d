import type { Clock } from '../../lib/clock.ts'
import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import type { Client } from '../clients/client.ts'
import type { RemoteKeys } from '../clients/remote-keys.ts'
import { readSigned, type SignedClaims } from '../clients/signed-claims.ts'
import { signatureFault } from '../clients/verify-signature.ts'
import { checkRequestObject } from './check-request-object.ts'
import { claimsAsParameters } from './claims-as-parameters.ts'
import { fetchRequestObject } from './fetch-request-object.ts'
import { refuse } from './request-object.ts'

export interface RequestObjectDeps {
  readonly fetch: FencedFetch
  readonly fence: Live<Fence>
  readonly clock: Clock
  readonly remoteKeys: RemoteKeys
  readonly audience: Live<{ readonly issuer: string }>
}

/** Characters of a request object by value. */
const longest = 16 * 1024

/**
 * The parameters of a request with a request object, by value or by reference (OpenID Connect Core §6, RFC 9101). Those of a request
 * without one are returned unchanged. Unlike in Hydra, `none` is refused even where the client registered it, and a scope outside
 * adds nothing to a scope inside.
 *
 * @throws Refusal `request-object-refused`, or Unavailable where too many request objects or key sets are being fetched
 */
export function readRequestObject(deps: RequestObjectDeps) {
  const fetchText = fetchRequestObject(deps)
  const faultOf = signatureFault(deps)
  return async (client: Client, parameters: URLSearchParams): Promise<URLSearchParams> => {
    const [given, second] = objectsIn(parameters)
    if (!given) return parameters
    if (second) throw refuse({ fault: 'given-twice' })
    if (!client.metadata.jwks && client.metadata.jwksUri === undefined) throw refuse({ fault: 'no-keys' })
    const object = takeApart(given.name === 'request' ? bounded(given.value) : await fetchText(client, given.value))
    checkRequestObject(object, { client, outside: parameters, issuer: deps.audience().issuer, now: deps.clock() / 1000 })
    const fault = await faultOf(client, object)
    if (fault) throw refuse(fault)
    return claimsAsParameters(object.claims, parameters)
  }
}

/** RFC 6749 §3.1: a parameter without a value counts as left out. */
const objectsIn = (parameters: URLSearchParams) =>
  (['request', 'request_uri'] as const).flatMap((name) =>
    parameters
      .getAll(name)
      .filter((value) => value !== '')
      .map((value) => ({ name, value })),
  )

function bounded(text: string): string {
  if (text.length > longest) throw refuse({ fault: 'too-large' })
  return text
}

function takeApart(text: string): SignedClaims {
  const object = readSigned(text)
  if ('fault' in object) throw refuse(object)
  return object
}
