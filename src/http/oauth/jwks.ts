import type { Jwk } from '../../protocol/jwks.ts'
import { json } from '../server/response.ts'
import type { Handler } from '../server/route.ts'

/** `GET /.well-known/jwks.json`: the public halves of the keys that sign (RFC 7517 §5). */
export function jwks({ publicKeys }: { publicKeys: () => Promise<readonly Jwk[]> }): Handler {
  return async () => json(200, { keys: await publicKeys() }, { 'cache-control': 'public, max-age=60' })
}
