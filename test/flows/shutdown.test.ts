import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { recordSecrets } from '../support/leaks.ts'
import { obtainTokens, registerLoginClient } from '../support/login-client.ts'
import { startLogoutReceiver } from '../support/logout-deliveries.ts'
import { type SpawnedServer, spawnServer } from '../support/spawned-server.ts'
import { startPlainWebServer } from '../support/web-server.ts'

const metadata = { grant_types: ['client_credentials'] }
const body = JSON.stringify(metadata)
const head = `POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`

async function open(server: SpawnedServer, sent: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.publicUrl).port), '127.0.0.1').setEncoding('latin1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(sent)
  return socket
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  return text
}

/** Registers over several connections until the server no longer responds. Returns the clients with a 201. */
async function loadUntilGone(server: SpawnedServer, onAnswer: (count: number) => void): Promise<Record<string, string>[]> {
  const made: Record<string, string>[] = []
  const worker = async () => {
    for (;;) {
      // An idle connection is closed without a response when the server stops, and so is a new one.
      const answer = await server.public('/oauth2/register', { method: 'POST', json: metadata }).catch(() => undefined)
      if (answer?.status !== 201) return
      made.push(answer.json)
      onAnswer(made.length)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return made
}

/** Asserts that every confirmed client is stored and works, and no other client is stored. */
async function assertAllKept(server: SpawnedServer, made: readonly Record<string, string>[]): Promise<void> {
  assert.equal((await server.admin('/admin/clients?page_size=500')).json.length, made.length)
  for (const { client_id: id = '', client_secret: secret = '', registration_access_token: bearer = '' } of made) {
    assert.equal((await server.public(`/oauth2/register/${id}`, { bearer })).status, 200)
    const form = { grant_type: 'client_credentials' }
    assert.equal((await server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })).status, 200)
  }
}

describe('SIGTERM', () => {
  test('under load: begun requests get a response, confirmed clients are stored, and the exit code is 0', async () => {
    await using server = await spawnServer()
    const made = await loadUntilGone(server, (count) => void (count === 100 && server.process.kill('SIGTERM')))
    assert.equal(await server.ended(), 0)
    assert.ok(made.length >= 100 && made.length < 500)
    await server.restart()
    await assertAllKept(server, made)
  })

  test('a partly sent request may be completed, and its response closes the connection', async () => {
    await using server = await spawnServer()
    const socket = await open(server, `${head}${body.slice(0, 5)}`)
    await server.public('/health/alive')
    server.process.kill('SIGTERM')
    await server.logged('stopping')
    socket.write(body.slice(5))
    const answer = await readToEnd(socket)
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.match(answer, /^connection: close\r$/im)
    const client = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
    recordSecrets(client.client_secret, client.registration_access_token)
    assert.equal(await server.ended(), 0)
    await server.restart()
    await assertAllKept(server, [client])
  })

  test('clients that never complete a request or send nothing delay it by at most 10 seconds; exit code 0', async () => {
    await using server = await spawnServer()
    const { json } = await server.public('/oauth2/register', { method: 'POST', json: metadata })
    const held = [
      await open(server, `${head}${body.slice(0, 5)}`),
      await open(server, 'POST /oauth2/register HTTP/1.1\r\nHost: loc'),
      await open(server, ''),
      await open(server, 'GET /health/alive HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ]
    await once(held.at(-1) as Socket, 'data')
    server.process.kill('SIGTERM')
    await server.logged('stopping')
    await assert.rejects(server.public('/health/alive'), 'new connections are refused')
    // A process that is not done after 10 seconds kills itself, so it has no exit code.
    assert.equal(await server.ended(), 0)
    for (const socket of held) socket.destroy()
    await server.restart()
    await assertAllKept(server, [json])
  })

  test('a client that never responds to a logout delivery does not delay the exit, and gets the logout after the next start', async () => {
    const reached = Promise.withResolvers<void>()
    let hangs = true
    await using receiver = await startLogoutReceiver((response) => {
      reached.resolve()
      if (!hangs) response.end()
    })
    await using server = await spawnServer({ clients: { http: { private_ip_exception_urls: [`${receiver.url}/*`] } } })
    await obtainTokens(server, await registerLoginClient(server, { backchannel_logout_uri: receiver.url }), { subject: 'ann' })
    assert.equal((await server.admin('/admin/oauth2/auth/sessions/login?subject=ann', { method: 'DELETE' })).status, 204)
    await reached.promise
    server.process.kill('SIGTERM')
    assert.equal(await server.ended(), 0)
    assert.doesNotMatch(server.output, /logout delivery failed/, 'the exit did not wait for the deadline of the delivery')
    hangs = false
    await server.restart()
    await server.next('logout delivered')
    assert.equal(receiver.received.length, 2)
  })

  test('a token hook that never responds delays a token request at most until the timeout, and the client gets a response', async () => {
    const asked = Promise.withResolvers<void>()
    await using hook = await startPlainWebServer(() => asked.resolve())
    await using server = await spawnServer({ oauth2: { token_hook: hook.url } })
    const { json } = await server.public('/oauth2/register', { method: 'POST', json: metadata })
    const basic = [json.client_id, json.client_secret] as const
    const answer = server.public('/oauth2/token', { method: 'POST', basic, form: { grant_type: 'client_credentials' } })
    await asked.promise
    server.process.kill('SIGTERM')
    assert.ok((await answer).status >= 500)
    assert.equal(await server.ended(), 0)
  })

  test('without load the process exits at once, also on SIGINT: earlier than one that waits for a request', async () => {
    await using busy = await spawnServer()
    const held = await open(busy, `${head}${body.slice(0, 5)}`)
    await busy.public('/health/alive')
    await using terminated = await spawnServer()
    await using interrupted = await spawnServer()
    busy.process.kill('SIGTERM')
    terminated.process.kill('SIGTERM')
    interrupted.process.kill('SIGINT')
    const both = Promise.all([terminated.ended(), interrupted.ended()])
    assert.deepEqual(await Promise.race([both, busy.ended()]), [0, 0])
    held.destroy()
  })

  test('a log that is not read delays no request, loses lines and reports that, and delays the exit by at most 10 seconds', async () => {
    await using server = await spawnServer()
    server.process.stdout?.pause()
    const lost = async (): Promise<number> =>
      Number(/^clientele_log_line_lost_total (\d+)/m.exec((await server.admin('/admin/metrics/prometheus')).text)?.[1])
    // More than 8 MiB, in lines of 400 bytes.
    const path = `/${'x'.repeat(198)}`
    const worker = async () => {
      for (let count = 0; count < 2_500; count++) assert.equal((await server.public(path)).status, 404)
    }
    assert.equal(await lost(), 0)
    await Promise.all(Array.from({ length: 10 }, worker))
    assert.ok((await lost()) > 0)
    server.process.kill('SIGTERM')
    assert.equal(await server.ended(), 'SIGKILL', 'the process killed itself')
  })
})
