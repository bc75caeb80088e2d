/** The baseline of the token endpoint, of introspection and of the signing keys: the reads, writes and jose calls of the server. */
import type { IncomingMessage } from 'node:http'
import { compactVerify, decodeJwt, generateKeyPair, importJWK, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomToken, randomUuid, systemRandomness, timedUuid, timeOfUuid } from '../src/lib/random.ts'
import { fromJson } from './baseline-bodies.ts'
import type { Answer } from './baseline-http.ts'
import { type ClientRow, findClient, grantIsInForce, insertAccessToken, type Store } from './baseline-store.ts'

interface TokenRow {
  readonly client_id: string
  readonly subject: string
  readonly scope: string
  readonly audience: string
  readonly issued_at: number
  readonly expires_at: number
  readonly ext: string | null
  readonly obfuscated_subject: string | null
}

const lifetimeMs = 3_600_000

/** Handles a grant of a person, for an authenticated client. */
type Grants = Readonly<Record<'exchange' | 'refresh', (client: ClientRow, form: URLSearchParams) => Promise<Answer>>>

export async function baselineTokens(store: Store, issuer: string, { exchange, refresh }: Grants) {
  const client = findClient(store)
  const tokenByHash = store.find<TokenRow>(
    `SELECT client_id, subject, scope, audience, issued_at, expires_at, ext, obfuscated_subject
     FROM access_tokens WHERE hash = ? AND token_epoch = (SELECT o.token_epoch FROM clients o
         WHERE o.client_id = access_tokens.client_id AND o.removed_at IS NULL AND o.generation = access_tokens.generation)
       AND (grant_id IS NULL OR grant_epoch = (SELECT grants.access_epoch FROM grants
         WHERE grants.id = access_tokens.grant_id AND grants.tokens_ended_at IS NULL AND ${grantIsInForce}))`,
  )
  const standing = store.find<{ tokens_valid_after: number; jti: string | null }>(
    'SELECT c.tokens_valid_after, r.jti FROM clients c LEFT JOIN revoked_tokens r ON r.jti = ? WHERE c.client_id = ? AND c.removed_at IS NULL',
  )
  const insertToken = insertAccessToken(store)
  const makeRoom = store.write(
    `DELETE FROM access_tokens WHERE hash IN (SELECT hash FROM access_tokens WHERE client_id = ? AND grant_id IS NULL
     ORDER BY grant_id DESC, issued_at DESC LIMIT 16 OFFSET 100) AND hash <> ?`,
  )
  const insertAssertion = store.write('INSERT INTO client_assertions VALUES (?, ?) ON CONFLICT DO NOTHING')

  /** The clients' keys, each imported once. */
  const imported = new Map<string, Awaited<ReturnType<typeof importJWK>>>()
  /** The signing keys, the newest first: it signs, and the older ones still verify. */
  const keys = [await makeKey('RS256')]

  const opaqueToken = (clientId: string, scope: string, now: number) => {
    const token = randomToken(systemRandomness, 'ory_at_')
    const hash = sha256(token)
    return { token, writes: [insertToken(hash, clientId, scope, now, now + lifetimeMs, null, clientId), makeRoom(clientId, hash)] as const }
  }

  async function issue(request: IncomingMessage, text: string): Promise<Answer> {
    const form = new URLSearchParams(text)
    if (!request.headers.authorization) return issueByKey(form)
    const row = await authenticated(request)
    if (!row) return [401]
    const grantType = form.get('grant_type')
    if (grantType === 'authorization_code') return exchange(row, form)
    if (grantType === 'refresh_token') return refresh(row, form)
    const [scope, now] = [form.get('scope') ?? '', Date.now()]
    if (fromJson(row.settings).access_token_strategy === 'jwt') return issued(await signJwt(row.client_id, scope, now), scope)
    const { token, writes } = opaqueToken(row.client_id, scope, now)
    return (await store.act(...writes)) ? issued(token, scope) : [401]
  }

  async function authenticated(request: IncomingMessage): Promise<ClientRow | undefined> {
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()
    const colon = basic.indexOf(':')
    const row = await client(decodeURIComponent(basic.slice(0, colon)))
    return row && sameText(row.secret_hash, sha256(decodeURIComponent(basic.slice(colon + 1)))) ? row : undefined
  }

  async function issueByKey(form: URLSearchParams): Promise<Answer> {
    const assertion = form.get('client_assertion') ?? ''
    const { sub: id = '', jti = '', exp = 0, aud } = decodeJwt(assertion)
    const row = await client(id)
    if (!row || aud !== issuer) return [401]
    const key = imported.get(id) ?? (await importJWK(JSON.parse(row.metadata).jwks.keys[0], 'ES256'))
    imported.set(id, key)
    await compactVerify(assertion, key, { algorithms: ['ES256'] })
    const scope = form.get('scope') ?? ''
    const { token, writes } = opaqueToken(id, scope, Date.now())
    return (await store.act(insertAssertion(sha256(`${id} ${jti}`), exp * 1000), ...writes)) ? issued(token, scope) : [400]
  }

  function signJwt(clientId: string, scope: string, now: number): Promise<string> {
    const [{ alg, kid, privateKey }] = keys as [(typeof keys)[0]]
    const iat = Math.floor(now / 1000)
    const claims = { iss: issuer, sub: clientId, aud: [issuer], client_id: clientId, exp: iat + lifetimeMs / 1000, iat, nbf: iat }
    const rest = { jti: timedUuid(systemRandomness, now), scp: [scope], scope, ext: {} }
    return new SignJWT({ ...claims, ...rest }).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(privateKey)
  }

  async function introspectOpaque(token: string): Promise<Answer> {
    const row = await tokenByHash(sha256(token))
    if (!row || row.expires_at <= Date.now()) return inactive
    const { client_id, subject: sub, scope, ext, obfuscated_subject } = row
    const [iat, exp] = [Math.floor(row.issued_at / 1000), Math.floor(row.expires_at / 1000)]
    const aud = fromJson(row.audience)
    return active({
      ...{ scope, client_id, sub, exp, iat, nbf: iat, aud },
      ...(obfuscated_subject !== null && { obfuscated_subject }),
      ...(ext !== null && { ext: JSON.parse(ext) }),
    })
  }

  async function introspectJwt(token: string): Promise<Answer> {
    const key: JWTVerifyGetKey = ({ kid }) => keys.find((one) => one.kid === kid)?.publicKey as CryptoKey
    const { payload } = await jwtVerify(token, key, { issuer, typ: 'at+jwt' })
    const { client_id, sub, scope, aud, iat, exp, nbf, ext, jti = '' } = payload
    const found = await standing(jti, client_id as string)
    if (!found || found.jti !== null || (timeOfUuid(jti) ?? 0) <= found.tokens_valid_after) return inactive
    return active({ scope, client_id, sub, exp, iat, nbf, aud, ...(Object.keys(ext ?? {}).length > 0 && { ext }), jti })
  }

  const active = (token: object): Answer => [
    200,
    JSON.stringify({ active: true, ...token, iss: issuer, token_type: 'Bearer', token_use: 'access_token' }),
  ]

  return {
    issue,
    introspect(text: string): Promise<Answer> {
      const token = new URLSearchParams(text).get('token') ?? ''
      return token.includes('.') ? introspectJwt(token) : introspectOpaque(token)
    },
    async createKey(text: string): Promise<Answer> {
      keys.unshift(await makeKey(JSON.parse(text).alg))
      return [201, '{}']
    },
    listKeys: (): Answer => [200, JSON.stringify({ keys: keys.map(({ alg }) => ({ alg })) })],
  }
}

const inactive: Answer = [200, '{"active":false}']

const issued = (token: string, scope: string): Answer => [
  200,
  JSON.stringify({ access_token: token, expires_in: lifetimeMs / 1000, scope, token_type: 'bearer' }),
]

async function makeKey(alg: string) {
  return { alg, kid: randomUuid(systemRandomness), ...(await generateKeyPair(alg, { modulusLength: 2048 })) }
}
