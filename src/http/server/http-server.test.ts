import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openConnection } from '../../../test/support/raw-connection.ts'
import { silence } from '../../lib/telemetry.ts'
import { makeHttpServer } from './http-server.ts'

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const floods: [what: string, bytes: string, events: number][] = [
  ['the 17th unanswered request', get.repeat(1_800), 17],
  ['a request that is refused by its head', get.replace('Host', 'Host: x\r\nHost').repeat(1_000), 1],
  ['the 17th unanswered request, followed by CONNECT', `${get.repeat(17)}${get.replace('GET', 'CONNECT')}`, 17],
]
for (const [what, bytes, events] of floods) {
  test(`behind ${what} nothing more is made of what was read with it`, async () => {
    const reasons: unknown[] = []
    const telemetry = { ...silence, count: (event: string) => reasons.push(event) }
    const settings = { name: 'public', bounds: { max: 100, openFiles: undefined }, telemetry, nextId: () => 'id' } as const
    await using server = makeHttpServer(() => {}, settings)
    let made = 0
    server.on('request', () => (made += 1))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { socket, closed } = await openConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    socket.write(bytes)
    await closed
    assert.equal(made, events)
    assert.equal(reasons.length, 1)
  })
}
