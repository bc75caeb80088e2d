import type { publishedKeys } from '../../core/keys/published-keys.ts'
import { json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

/** `GET /.well-known/jwks.json`: the public keys of the signing keys (RFC 7517 §5). */
export const jwks = (deps: { readonly publicKeys: ReturnType<typeof publishedKeys> }): Endpoint => ({
  method: 'GET',
  path: '/.well-known/jwks.json',
  face: 'plain',
  operation: {
    id: 'discoverJsonWebKeys',
    tag: 'wellknown',
    summary: 'Read the public keys that verify signatures of this server (RFC 7517 §5).',
    responses: { 200: { description: 'A key set.', schema: 'JsonWebKeySet' } },
    isStatic: true,
  },
  async handler() {
    return json(200, { keys: await deps.publicKeys() }, { 'cache-control': 'public, max-age=60' })
  },
})
