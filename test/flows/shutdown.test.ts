import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { recordSecrets } from '../support/leaks.ts'
import { type ServerProcess, startProcess } from '../support/server-process.ts'

const settings = { oidc: { dynamic_client_registration: { enabled: true } } }
const body = JSON.stringify({ grant_types: ['client_credentials'] })

/** A registration whose head has arrived and whose body has not: the server said `100 Continue`. */
async function halfRegistration(server: ServerProcess): Promise<Socket> {
  const socket = connect(Number(new URL(server.publicUrl).port), '127.0.0.1')
  socket.write(`POST /oauth2/register HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 100 /)
  return socket
}

/** Resolves when a new connection is refused; the listener closes shortly after the signal. */
async function refused(server: ServerProcess): Promise<void> {
  for (let attempt = 1; attempt < 1_000; attempt++) {
    const code = await server.public('/health/alive', { headers: { connection: 'close' } }).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (code === 'ECONNREFUSED') return
  }
  assert.fail('new connections are still taken')
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal}: what has begun is finished, nobody new is let in, exit code 0`, async () => {
    await using server = await startProcess({ settings })
    const socket = await halfRegistration(server)
    server.signal(signal)
    assert.equal((await server.next('stopping')).signal, signal)
    await refused(server)
    socket.write(body)
    const answer = await text(socket)
    assert.match(answer, /^HTTP\/1\.1 201 /)
    const { client_secret: secret, registration_access_token: token } = JSON.parse(answer.slice(answer.indexOf('{')))
    recordSecrets(secret, token)
    const answered = performance.now()
    assert.equal(await server.ended, 0)
    assert.ok(performance.now() - answered < 4_000, 'it lingers although nobody is waiting for an answer')
    await server.next('stopped')
  })
}

test('SIGTERM: a request that never ends holds it up for less than 10 s', async () => {
  await using server = await startProcess({ settings })
  const socket = await halfRegistration(server)
  const cut = once(socket, 'close')
  const start = performance.now()
  server.signal('SIGTERM')
  assert.equal(await server.ended, 0)
  assert.ok(performance.now() - start < 10_000)
  await cut
})
