/** The cases: the act that a caller repeats, with a check of each response. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { basic, bearer, bodyOf, check, filled, form, json, WrongAnswer } from './answers.ts'
import type { Caller, Issued, Registered, Send } from './caller.ts'
import { login, loginAndRefresh, refresh } from './logins.ts'

export interface Case {
  readonly name: string
  readonly listener: 'public' | 'admin'
  readonly act: (caller: Caller) => Promise<unknown>
  /** `act`: the whole act is counted and timed, not each of its requests. */
  readonly unit?: 'act'
  /** Before a round: brings the target into the state that the case needs. */
  readonly before?: (admin: Send) => Promise<void>
}

const clientMetadata = (name: string) => ({
  client_name: name,
  redirect_uris: ['https://app.example.com/callback', 'https://app.example.com/silent'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  scope: 'openid offline_access notes.read',
  contacts: ['ops@example.com'],
  client_uri: 'https://app.example.com/',
  logo_uri: 'https://app.example.com/logo.png',
  policy_uri: 'https://app.example.com/privacy',
  tos_uri: 'https://app.example.com/terms',
  software_id: '4NRB1-0XZABZI9E6-5SM3R',
  software_version: '2.1.0',
})

export async function register({ send, serial }: Caller): Promise<Registered> {
  const name = `Bench client ${serial()}`
  const answer = await send('POST', '/oauth2/register', json, JSON.stringify(clientMetadata(name)))
  const body = bodyOf(answer, 201)
  check(answer, body.client_name === name && filled(body.client_id) && filled(body.client_secret), 'name, id and secret')
  check(answer, filled(body.registration_access_token), 'registration_access_token')
  return { id: body.client_id as string, secret: body.client_secret as string, token: body.registration_access_token as string }
}

async function read({ send, client }: Caller): Promise<void> {
  const { id, token } = client()
  const answer = await send('GET', `/oauth2/register/${id}`, bearer(token))
  check(answer, bodyOf(answer, 200).client_id === id, 'client_id')
}

async function update({ send, client, serial }: Caller): Promise<void> {
  const target = client()
  const name = `Bench client ${serial()} renamed`
  const answer = await send('PUT', `/oauth2/register/${target.id}`, json + bearer(target.token), JSON.stringify(clientMetadata(name)))
  const body = bodyOf(answer, 200)
  check(answer, body.client_id === target.id && body.client_name === name, 'client_id and client_name')
  check(answer, filled(body.registration_access_token) && body.registration_access_token !== target.token, 'a new token')
  target.token = body.registration_access_token as string
}

async function registerAndDelete(caller: Caller): Promise<void> {
  const { id, token } = await register(caller)
  const answer = await caller.send('DELETE', `/oauth2/register/${id}`, bearer(token))
  check(answer, answer.status === 204, 'status 204')
}

async function adminGet({ send, client }: Caller): Promise<void> {
  const { id } = client()
  const answer = await send('GET', `/admin/clients/${id}`)
  check(answer, bodyOf(answer, 200).client_id === id, 'client_id')
}

const firstPage = '/admin/clients?page_size=100'

/** Follows `rel="next"` through the whole list, and starts again at its end. */
async function adminList(caller: Caller): Promise<void> {
  const answer = await caller.send('GET', caller.nextPage || firstPage)
  check(answer, answer.status === 200, 'status 200')
  const clients = JSON.parse(answer.body) as Record<string, unknown>[]
  check(answer, clients.length === 100 && clients.every((client) => filled(client.client_id)), '100 clients')
  caller.nextPage = /<([^>]+)>; *rel="next"/.exec(answer.head)?.[1] ?? ''
}

export const token = (caller: Caller): Promise<Issued> => askToken(caller, caller.client())
export const jwtToken = (caller: Caller): Promise<Issued> => askToken(caller, caller.jwtClient())

async function askToken({ send }: Caller, { id, secret }: Registered): Promise<Issued> {
  const body = 'grant_type=client_credentials&scope=notes.read'
  const answer = await send('POST', '/oauth2/token', form + basic(id, secret), body)
  const { access_token: accessToken, scope } = bodyOf(answer, 200)
  check(answer, filled(accessToken) && scope === 'notes.read', 'access_token and scope')
  return { accessToken: accessToken as string, clientId: id }
}

/** All clients with a key share this one: the cost for a server depends on the number of clients, not of keys. */
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }
const assertionHead = Buffer.from('{"alg":"ES256","kid":"bench"}').toString('base64url')

export async function registerKeyed({ send, serial }: Caller): Promise<Registered> {
  const { token_endpoint_auth_method: _, ...metadata } = clientMetadata(`Bench client ${serial()} with a key`)
  const body = { ...metadata, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk] } }
  const answer = await send('POST', '/oauth2/register', json, JSON.stringify(body))
  const { client_id: id, registration_access_token: token } = bodyOf(answer, 201)
  check(answer, filled(id) && filled(token), 'client_id and registration_access_token')
  return { id: id as string, secret: '', token: token as string }
}

/** RFC 7523 §2.2: an assertion for one request. */
function assertionFor(id: string, issuer: string): string {
  const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 60 }
  const text = `${assertionHead}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

async function tokenByKey({ send, keyed, issuer }: Caller): Promise<void> {
  const { id } = keyed()
  const type = 'urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer'
  const proof = `client_assertion_type=${type}&client_assertion=${assertionFor(id, issuer)}`
  const answer = await send('POST', '/oauth2/token', form, `grant_type=client_credentials&scope=notes.read&${proof}`)
  const { access_token: accessToken, scope } = bodyOf(answer, 200)
  check(answer, filled(accessToken) && scope === 'notes.read', 'access_token and scope')
}

const introspect = ({ send, issued }: Caller): Promise<void> => lookAt(send, issued())
const introspectJwt = ({ send, issuedJwt }: Caller): Promise<void> => lookAt(send, issuedJwt())

async function lookAt(send: Send, { accessToken, clientId }: Issued): Promise<void> {
  const answer = await send('POST', '/admin/oauth2/introspect', form, `token=${encodeURIComponent(accessToken)}`)
  const body = bodyOf(answer, 200)
  check(answer, body.active === true && body.client_id === clientId, 'active and client_id')
}

/** A client created by an administrator, so that its tokens can be JWTs where those of the others are opaque. */
export async function createJwtClient({ send, serial }: Caller): Promise<Registered> {
  const metadata = { ...clientMetadata(`Bench client ${serial()} with JWTs`), access_token_strategy: 'jwt' }
  const answer = await send('POST', '/admin/clients', json, JSON.stringify(metadata))
  const body = bodyOf(answer, 201)
  check(answer, filled(body.client_id) && filled(body.client_secret), 'id and secret')
  return { id: body.client_id as string, secret: body.client_secret as string, token: '' }
}

const keySet = '/admin/keys/hydra.jwt.access-token'

/** Milliseconds: the targets let a new key sign a second after it was published. */
const untilItSigns = 1_500

/** Creates a key of this algorithm, unless the signing key already has it. */
const signedWith = (alg: string) => async (admin: Send) => {
  const { keys = [] } = JSON.parse((await admin('GET', keySet)).body) as { keys?: { alg?: string }[] }
  if (keys[0]?.alg === alg) return
  const answer = await admin('POST', keySet, json, JSON.stringify({ alg, use: 'sig', kid: '' }))
  check(answer, answer.status === 201, 'status 201')
  await new Promise((resolve) => setTimeout(resolve, untilItSigns))
}

const tokenJwt = (alg: string) => async (caller: Caller) => {
  const { accessToken } = await jwtToken(caller)
  const header = JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString())
  if (header.alg !== alg) throw new WrongAnswer(`wanted a token signed with ${alg}, got ${header.alg}`)
}

async function discovery({ send, issuer }: Caller): Promise<void> {
  const answer = await send('GET', '/.well-known/openid-configuration')
  const body = bodyOf(answer, 200)
  check(answer, body.issuer === issuer && filled(body.registration_endpoint), 'issuer and registration_endpoint')
}

/** In the order in which they run: the cases that create clients come last, so that the list has exactly 10,000 clients. */
export const cases: readonly Case[] = [
  { name: 'discovery', listener: 'public', act: discovery },
  { name: 'read', listener: 'public', act: read },
  { name: 'admin-get', listener: 'admin', act: adminGet },
  { name: 'admin-list', listener: 'admin', act: adminList },
  { name: 'introspect', listener: 'admin', act: introspect },
  { name: 'introspect-jwt', listener: 'admin', act: introspectJwt },
  { name: 'token', listener: 'public', act: token },
  { name: 'token-jwt-rs256', listener: 'public', act: tokenJwt('RS256'), before: signedWith('RS256') },
  { name: 'token-jwt-es256', listener: 'public', act: tokenJwt('ES256'), before: signedWith('ES256') },
  { name: 'token-jwt-eddsa', listener: 'public', act: tokenJwt('EdDSA'), before: signedWith('EdDSA') },
  { name: 'token-by-key', listener: 'public', act: tokenByKey },
  { name: 'login', listener: 'public', act: login, unit: 'act' },
  { name: 'login-and-refresh', listener: 'public', act: loginAndRefresh, unit: 'act' },
  { name: 'refresh', listener: 'public', act: refresh },
  { name: 'update', listener: 'public', act: update },
  { name: 'register-and-delete', listener: 'public', act: registerAndDelete },
  { name: 'register', listener: 'public', act: register },
]
