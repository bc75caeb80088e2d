import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { issuer, logoutRoom, startLogoutReceiver } from '../support/logout-room.ts'
import { assertRefused, minimal, registrant } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'

// OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0, rows OLOGO-….

const server = await startServer()
after(() => server[Symbol.asyncDispose]())
const { register, registered } = registrant(server)

/** One logout, delivered, and what the client's receiver got. */
async function logout() {
  await using receiver = await startLogoutReceiver()
  const room = await logoutRoom()
  after(() => room[Symbol.asyncDispose]())
  await room.addClient('app', `${receiver.url}/logout`)
  await room.queue('app')
  await room.deliver()
  const token = receiver.received[0]?.form.get('logout_token') ?? ''
  return { room, token, ...(await room.verify(token, 'app')) }
}

test('OLOGO-13: backchannel_logout_uri is absolute, https, without a fragment, and no private address', async () => {
  const wrong = ['/x', 'https://a.example/#f', 'https://a.example/#', 'https://127.0.0.1/', 'http://a.example/', 'https://u:p@a.example/']
  const client = await registered({ ...minimal, backchannel_logout_uri: 'https://a.example/logout?tenant=1' })
  assert.equal(client.answer.json.backchannel_logout_uri, 'https://a.example/logout?tenant=1')
  for (const uri of wrong) {
    assertRefused(await register({ ...minimal, backchannel_logout_uri: uri }), 'invalid_client_metadata', 'backchannel_logout_uri')
    assertRefused(await client.put({ ...minimal, backchannel_logout_uri: uri }), 'invalid_client_metadata', 'backchannel_logout_uri')
  }
})

test('OLOGO-15: a logout token has iss, aud, iat, exp, jti, events and sid, never a nonce, and is signed as ID tokens are', async () => {
  const { room, payload, protectedHeader } = await logout()
  const { jti, iat, exp, ...claims } = payload
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  assert.deepEqual(claims, { iss: issuer, aud: ['app'], events, sid: 'session-of-app' })
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
  assert.equal(iat, room.time.now / 1000)
  assert.ok(exp)
  const signers = (await room.stores.read.signingKeys.inSet('hydra.openid.id-token')).map(({ kid, alg }) => ({ kid, alg }))
  assert.deepEqual(signers, [{ kid: protectedHeader.kid, alg: protectedHeader.alg }])
})

test('OLOGO-16: its typ is logout+jwt', async () => {
  assert.equal(decodeProtectedHeader((await logout()).token).typ, 'logout+jwt')
})

test('OLOGO-19: 200 and 204 are success; failures are logged, and not retried endlessly', async () => {
  await using receiver = await startLogoutReceiver((response, path) => response.writeHead(Number(path.slice(1))).end())
  await using room = await logoutRoom()
  for (const status of ['200', '204', '400']) await room.addClient(status, `${receiver.url}/${status}`)
  await room.queue('200', '204', '400')
  assert.deepEqual(await room.deliver(), { delivered: 2, failed: 1, givenUp: 0 })
  assert.ok(room.lines.some(({ message, client_id }) => message === 'logout delivery failed' && client_id === '400'))
  const hours = 48
  for (let hour = 0; hour < hours; hour++) {
    room.time.now += 3_600_000
    await room.deliver()
  }
  const tries = receiver.received.filter(({ path }) => path === '/400').length
  assert.ok(tries > 2 && tries < hours / 1.5, String(tries))
  assert.deepEqual(await room.waiting(), [])
})

test('OLOGO-20: it expires within two minutes', async () => {
  const { payload } = await logout()
  const life = (payload.exp ?? 0) - (payload.iat ?? 0)
  assert.ok(life > 0 && life <= 120, String(life))
})
