import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { silence } from '../../lib/telemetry.ts'
import { connectionClosed } from './closed-connections.ts'

test('a flood of closed connections is counted one by one, and logged once a second for each reason', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const lines: unknown[] = []
    let counted = 0
    const telemetry = {
      ...silence,
      log: (...[, , facts]: Parameters<typeof silence.log>) => lines.push(facts),
      count: () => (counted += 1),
    }
    const closed = connectionClosed(telemetry, 'public')
    const line = (reason: string, connections: number, address: string) => ({
      listener: 'public',
      reason,
      connections,
      remote_address: address,
    })
    for (let at = 0; at < 1_000; at++) closed('full', `192.0.2.${at % 256}`)
    closed('address', '192.0.2.7')
    assert.deepEqual(lines, [line('full', 1, '192.0.2.0'), line('address', 1, '192.0.2.7')])
    mock.timers.tick(999)
    assert.equal(lines.length, 2)
    mock.timers.tick(1)
    assert.deepEqual(lines.slice(2), [line('full', 999, '192.0.2.231')])
    closed('full', '192.0.2.1')
    assert.equal(lines.length, 3)
    mock.timers.tick(1_000)
    assert.deepEqual(lines.slice(3), [line('full', 1, '192.0.2.1')])
    mock.timers.tick(1_000)
    closed('full', '192.0.2.2')
    assert.deepEqual(lines.slice(4), [line('full', 1, '192.0.2.2')])
    assert.equal(counted, 1_003)
  } finally {
    mock.timers.reset()
  }
})
