/**
 * The baseline of the tokens of a person's grant: a code or a refresh token is spent and its successors are written in one transaction, and
 * the ID token is signed by the same jose call.
 */
import { generateKeyPair, SignJWT } from 'jose'
import { sameText, sha256 } from '../src/lib/hash.ts'
import { randomToken, randomUuid, systemRandomness } from '../src/lib/random.ts'
import type { Answer } from './baseline-http.ts'
import { type ClientRow, grantIsInForce, insertAccessToken, type Store, type Write } from './baseline-store.ts'

interface CodeRow {
  readonly grant_id: string
  readonly code_challenge: string
}

interface GrantRow {
  readonly id: string
  readonly client_id: string
  readonly subject: string
  readonly session_id: string
  readonly scope: string
  readonly claims: string
  readonly authentication: string
}

const hourMs = 3_600_000
const monthMs = 30 * 24 * hourMs

export async function baselineGrants(store: Store, issuer: string) {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048 })
  const kid = randomUuid(systemRandomness)

  const codeByHash = store.find<CodeRow>('SELECT * FROM authorization_codes WHERE hash = ?')
  const refreshByHash = store.find<{ grant_id: string }>('SELECT * FROM refresh_tokens WHERE hash = ?')
  const grantById = store.find<GrantRow>(`SELECT * FROM grants WHERE id = ? AND ${grantIsInForce}`)

  const spendCode = store.write('UPDATE authorization_codes SET spent_at = ? WHERE hash = ? AND spent_at IS NULL')
  const spendRefresh = store.write('UPDATE refresh_tokens SET spent_at = ? WHERE hash = ? AND spent_at IS NULL')
  const keepGrant = store.write(
    `UPDATE grants SET expires_at = CASE WHEN expires_at > ? THEN expires_at ELSE ? END, access_epoch = access_epoch + ?
     WHERE id = ? AND tokens_ended_at IS NULL AND ${grantIsInForce}`,
  )
  const makeRoom = store.write(
    `DELETE FROM access_tokens WHERE hash IN (SELECT hash FROM access_tokens WHERE grant_id = ?
     ORDER BY issued_at DESC LIMIT 16 OFFSET 20)`,
  )
  const insertAccess = insertAccessToken(store)
  const insertRefresh = store.write(
    'INSERT INTO refresh_tokens (hash, grant_id, access_token, access_expires_at, issued_at, expires_at, reuses) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )

  async function issue(grant: GrantRow, now: number, spend: Write, ...end: Write[]): Promise<Answer> {
    const [access, refresh] = [randomToken(systemRandomness, 'ory_at_'), randomToken(systemRandomness, 'ory_rt_')]
    const isIssued = await store.act(
      spend,
      keepGrant(now + monthMs, now + monthMs, end.length, grant.id),
      ...end,
      insertAccess(sha256(access), grant.subject, grant.scope, now, now + hourMs, grant.id, grant.client_id),
      insertRefresh(sha256(refresh), grant.id, sha256(access), now + hourMs, now, now + monthMs),
    )
    if (!isIssued) return [400]
    const tokens = { access_token: access, expires_in: 3_600, id_token: await idToken(grant, access), refresh_token: refresh }
    return [200, JSON.stringify({ ...tokens, scope: grant.scope, token_type: 'bearer' })]
  }

  function idToken(grant: GrantRow, access: string): Promise<string> {
    const { at, requestedAt, nonce, acr, amr } = JSON.parse(grant.authentication)
    const iat = Math.floor(Date.now() / 1000)
    const [authTime, rat] = [Math.floor(at / 1000), Math.floor(requestedAt / 1000)]
    const person = { iss: issuer, sub: grant.subject, aud: [grant.client_id], auth_time: authTime, rat, acr, amr, sid: grant.session_id }
    const atHash = Buffer.from(sha256(access), 'base64url').subarray(0, 16).toString('base64url')
    const times = { exp: iat + 3_600, iat, jti: randomUuid(systemRandomness) }
    const claims = { ...JSON.parse(grant.claims).idToken, ...person, at_hash: atHash, ...times, nonce }
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey)
  }

  return {
    async exchange({ client_id }: ClientRow, form: URLSearchParams): Promise<Answer> {
      const [hash, now] = [sha256(form.get('code') ?? ''), Date.now()]
      const code = await codeByHash(hash)
      const grant = code && (await grantById(code.grant_id))
      if (grant?.client_id !== client_id || !sameText(sha256(form.get('code_verifier') ?? ''), code?.code_challenge ?? '')) return [400]
      return issue(grant, now, spendCode(now, hash))
    },
    async refresh({ client_id }: ClientRow, form: URLSearchParams): Promise<Answer> {
      const [hash, now] = [sha256(form.get('refresh_token') ?? ''), Date.now()]
      const token = await refreshByHash(hash)
      const grant = token && (await grantById(token.grant_id))
      if (grant?.client_id !== client_id) return [400]
      return issue(grant, now, spendRefresh(now, hash), makeRoom(grant.id))
    },
  }
}
