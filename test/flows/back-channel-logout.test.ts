import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { deliverLogouts as job } from '../../src/jobs/deliver-logouts.ts'
import { runJobs } from '../../src/jobs/runner.ts'
import { makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { silence } from '../../src/lib/telemetry.ts'
import { logoutDeliveries, startLogoutReceiver } from '../support/logout-deliveries.ts'
import { machine } from '../support/registrant.ts'
import { startServer } from '../support/server.ts'
import { startPlainWebServer } from '../support/web-server.ts'

const [seconds, minutes, hours] = [1_000, 60_000, 3_600_000]

describe('logout tokens are delivered to clients', () => {
  test('each client gets one form with its own token, and no delivery remains', async () => {
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries()
    for (const id of ['a', 'b']) await deliveries.addClient(id, `${receiver.url}/${id}?tenant=1`)
    await deliveries.queue('a', 'b')
    assert.deepEqual(await deliveries.deliver(), { delivered: 2, failed: 0, givenUp: 0 })
    assert.deepEqual(await deliveries.deliver(), { delivered: 0, failed: 0, givenUp: 0 })
    const posted = receiver.received.toSorted((one, other) => String(one.path).localeCompare(String(other.path)))
    assert.deepEqual(
      posted.map(({ method, path, headers }) => [method, path, headers['content-type']]),
      ['a', 'b'].map((id) => ['POST', `/${id}?tenant=1`, 'application/x-www-form-urlencoded']),
    )
    const jtis = new Set<unknown>()
    for (const [at, id] of ['a', 'b'].entries()) {
      const form = posted[at]?.form
      assert.deepEqual([...(form?.keys() ?? [])], ['logout_token'])
      const { payload } = await deliveries.verify(form?.get('logout_token') ?? '', id)
      assert.equal(payload.sid, `session-of-${id}`)
      jtis.add(payload.jti)
    }
    assert.equal(jtis.size, 2)
    assert.deepEqual(deliveries.counted, ['logout_delivered', 'logout_delivered'])
    assert.deepEqual(await deliveries.waiting(), [])
  })

  test('many deliveries are sent in one run, at most 32 at a time', async () => {
    let [open, most] = [0, 0]
    const areEight = Promise.withResolvers<void>()
    await using receiver = await startLogoutReceiver(async (response) => {
      most = Math.max(most, ++open)
      if (open === 8) areEight.resolve()
      await areEight.promise
      open--
      response.end()
    })
    await using deliveries = await logoutDeliveries()
    const ids = Array.from({ length: 70 }, (_, at) => `c${at}`)
    for (const id of ids) await deliveries.addClient(id, `${receiver.url}/${id}`)
    await deliveries.queue(...ids)
    assert.deepEqual(await deliveries.deliver(), { delivered: 70, failed: 0, givenUp: 0 })
    assert.equal(new Set(receiver.received.map(({ path }) => path)).size, 70)
    assert.equal(receiver.received.length, 70)
    assert.ok(most >= 8 && most <= 32, String(most))
  })

  test('two nodes at the same time deliver to each client once', async () => {
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries()
    const ids = Array.from({ length: 20 }, (_, at) => `c${at}`)
    for (const id of ids) await deliveries.addClient(id, receiver.url)
    await deliveries.queue(...ids)
    const counts = await Promise.all([deliveries.deliver(), deliveries.deliver()])
    assert.equal(
      counts.reduce((sum, { delivered }) => sum + delivered, 0),
      20,
    )
    assert.equal(receiver.received.length, 20)
  })

  test('a delivery to a client without a URL, or to a deleted client, is dropped without a log line', async () => {
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('without')
    await deliveries.addClient('gone', 'http://127.0.0.1:1/')
    await deliveries.queue('without', 'gone')
    await deliveries.stores.act((tx) => tx.clients.remove('gone', 1, 1))
    assert.deepEqual(await deliveries.deliver(), { delivered: 0, failed: 0, givenUp: 0 })
    assert.deepEqual([deliveries.counted, deliveries.lines, await deliveries.waiting()], [[], [], []])
  })

  test('a client that was created anew under the id of a removed one is not told of the logouts of that one', async () => {
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('again', receiver.url)
    await deliveries.queue('again')
    await deliveries.stores.act((tx) => tx.clients.remove('again', deliveries.time.now, deliveries.time.now))
    await deliveries.addClient('again', receiver.url)
    assert.deepEqual(await deliveries.deliver(), { delivered: 0, failed: 0, givenUp: 0 })
    assert.deepEqual([receiver.received, await deliveries.waiting()], [[], []])
  })

  test('a queued logout starts the job at once', async () => {
    const { promise: delivered, resolve } = Promise.withResolvers<void>()
    await using receiver = await startLogoutReceiver((response) => {
      response.end()
      resolve()
    })
    await using deliveries = await logoutDeliveries()
    await using jobs = runJobs([job(({ signal }) => deliveries.deliver(signal))], { clock: () => deliveries.time.now, telemetry: silence })
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    jobs.runNow('deliver-logouts')
    await delivered
    assert.equal(receiver.received.length, 1)
  })

  test('at shutdown deliveries that have not begun are due at once for another node or the next start', async () => {
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    assert.deepEqual(await deliveries.deliver(AbortSignal.abort()), { delivered: 0, failed: 0, givenUp: 0 })
    assert.equal(receiver.received.length, 0)
    assert.equal((await deliveries.deliver()).delivered, 1)
  })

  test('at shutdown running deliveries are aborted at once; none is lost, and none counts as failed', async () => {
    const stopping = new AbortController()
    let hangs = true
    await using receiver = await startLogoutReceiver((response) => (hangs ? stopping.abort() : response.end()))
    await using deliveries = await logoutDeliveries({ deadline: 600_000 })
    for (const id of ['a', 'b', 'c']) await deliveries.addClient(id, receiver.url)
    await deliveries.queue('a', 'b', 'c')
    assert.deepEqual(await deliveries.deliver(stopping.signal), { delivered: 0, failed: 0, givenUp: 0 })
    assert.deepEqual([deliveries.counted, deliveries.lines], [[], []])
    hangs = false
    assert.deepEqual(await deliveries.deliver(), { delivered: 3, failed: 0, givenUp: 0 })
  })
})

describe('a failed delivery', () => {
  test('is retried after 5 s, 30 s, 2 min, 10 min, then hourly, and given up within a day', async () => {
    await using receiver = await startLogoutReceiver((response) => response.writeHead(503).end())
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    const begun = deliveries.time.now
    const pauses = [0, 5 * seconds, 30 * seconds, 2 * minutes, 10 * minutes, ...Array(23).fill(hours)]
    for (const [at, pause] of pauses.entries()) {
      if (pause > 0) {
        deliveries.time.now += pause - 1
        assert.deepEqual(await deliveries.deliver(), { delivered: 0, failed: 0, givenUp: 0 })
        deliveries.time.now += 1
      }
      const counts = await deliveries.deliver()
      const isLast = at === pauses.length - 1
      assert.deepEqual(counts, { delivered: 0, failed: isLast ? 0 : 1, givenUp: isLast ? 1 : 0 }, String(at))
    }
    assert.ok(deliveries.time.now - begun < 24 * hours)
    assert.deepEqual(await deliveries.waiting(), [])
    assert.equal(receiver.received.length, pauses.length)
    assert.equal(deliveries.counted.filter((event) => event === 'logout_delivery_failed').length, pauses.length)
    assert.deepEqual(deliveries.counted.slice(-1), ['logout_delivery_given_up'])
    assert.match(String(deliveries.lines.at(-1)?.message), /given up/)
  })

  test('is delivered later with a new token', async () => {
    let status = 500
    await using receiver = await startLogoutReceiver((response) => response.writeHead(status).end())
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    await deliveries.deliver()
    status = 202
    deliveries.time.now += 5 * minutes
    assert.deepEqual(await deliveries.deliver(), { delivered: 1, failed: 0, givenUp: 0 })
    const token = receiver.received[1]?.form.get('logout_token') ?? ''
    assert.equal((await deliveries.verify(token, 'a')).payload.iat, deliveries.time.now / 1000)
  })

  test('no log line contains a token or a URL', async () => {
    let status = 500
    await using receiver = await startLogoutReceiver((response) => response.writeHead(status).end())
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', `${receiver.url}/?key=hunter2`)
    await deliveries.queue('a')
    await deliveries.deliver()
    status = 200
    deliveries.time.now += minutes
    await deliveries.deliver()
    const text = JSON.stringify(deliveries.lines)
    assert.equal(deliveries.lines.length, 2)
    assert.ok(!text.includes('hunter2') && !text.includes('eyJ'), text)
  })
})

describe('a hostile receiver', () => {
  test('that redirects is not followed, and the delivery failed', async () => {
    await using trap = await startLogoutReceiver()
    await using receiver = await startLogoutReceiver((response) => response.writeHead(307, { location: trap.url }).end())
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    assert.equal((await deliveries.deliver()).failed, 1)
    assert.equal(trap.connections(), 0)
  })

  test('that does not respond delays no other delivery', async () => {
    const asked = Promise.withResolvers<void>()
    const other = Promise.withResolvers<void>()
    await using silent = await startLogoutReceiver(async (response) => {
      asked.resolve()
      await other.promise
      response.end()
    })
    await using receiver = await startLogoutReceiver(async (response) => {
      await asked.promise
      response.end()
      other.resolve()
    })
    await using deliveries = await logoutDeliveries()
    await deliveries.addClient('a', silent.url)
    await deliveries.addClient('b', receiver.url)
    await deliveries.queue('a', 'b')
    assert.deepEqual(await deliveries.deliver(), { delivered: 2, failed: 0, givenUp: 0 })
  })

  test('that never responds: its delivery failed', async () => {
    await using silent = await startLogoutReceiver(() => {})
    await using deliveries = await logoutDeliveries({ deadline: 100 })
    await deliveries.addClient('a', silent.url)
    await deliveries.queue('a')
    assert.deepEqual(await deliveries.deliver(), { delivered: 0, failed: 1, givenUp: 0 })
  })

  test('that gives no answer is not asked for all of its logouts in one run; one that refuses is', async () => {
    let asked = 0
    await using silent = await startPlainWebServer((request) => {
      asked++
      request.destroy()
    })
    await using refusing = await startLogoutReceiver((response) => response.writeHead(400).end())
    await using receiver = await startLogoutReceiver()
    await using deliveries = await logoutDeliveries({ deadline: 10_000 })
    await deliveries.addClient('silent', silent.url)
    await deliveries.addClient('refusing', refusing.url)
    await deliveries.addClient('answering', receiver.url)
    await deliveries.queue(...Array.from({ length: 200 }, () => 'silent'), ...Array.from({ length: 40 }, () => 'refusing'), 'answering')
    assert.deepEqual(await deliveries.deliver(), { delivered: 1, failed: 240, givenUp: 0 })
    assert.ok(asked >= 1 && asked <= 32, String(asked))
    assert.equal(refusing.received.length, 40)
    assert.equal((await deliveries.waiting()).length, 240)
  })

  for (const [name, pace] of [
    ['a receiver with an endless response', 0],
    ['a receiver with a slow response', 20],
  ] as const)
    test(`${name} counts as delivered: the body is not read`, async () => {
      await using receiver = await startLogoutReceiver(async (response) => {
        response.on('error', () => {})
        response.writeHead(200)
        while (!response.destroyed) {
          response.write('x'.repeat(pace > 0 ? 1 : 65_536))
          await delay(pace)
        }
      })
      await using deliveries = await logoutDeliveries()
      await deliveries.addClient('a', receiver.url)
      await deliveries.queue('a')
      assert.equal((await deliveries.deliver()).delivered, 1)
    })

  test('at a private address is not connected to without an exception', async () => {
    await using receiver = await startLogoutReceiver()
    const fences = { closed: { allowPrivate: false, exceptions: [] }, gate: { allowPrivate: false, exceptions: [`${receiver.url}/*`] } }
    let fence: { allowPrivate: boolean; exceptions: string[] } = fences.closed
    await using deliveries = await logoutDeliveries({ fence: () => fence })
    await deliveries.addClient('a', receiver.url)
    await deliveries.queue('a')
    assert.equal((await deliveries.deliver()).failed, 1)
    assert.equal(receiver.connections(), 0)
    fence = fences.gate
    deliveries.time.now += minutes
    assert.equal((await deliveries.deliver()).delivered, 1)
  })
})

test('if signing fails, the delivery is retried like any other', async () => {
  await using receiver = await startLogoutReceiver()
  await using deliveries = await logoutDeliveries({ ring: { signer: () => Promise.reject(new Error('the keys are changing')) } })
  await deliveries.addClient('a', receiver.url)
  await deliveries.queue('a')
  assert.equal((await deliveries.deliver()).failed, 1)
  assert.equal(receiver.received.length, 0)
  assert.equal((await deliveries.waiting()).length, 1)
})

test('a logout token that cannot be signed fails its own delivery only: the other deliveries to the same client are sent in the same run', async () => {
  await using receiver = await startLogoutReceiver()
  let failures = 1
  await using deliveries = await logoutDeliveries((_stores, { ring }) => ({
    ring: {
      signer: async (...asked) => {
        if (failures-- > 0) throw new Error('the keys are changing')
        return ring.signer(...asked)
      },
    },
  }))
  await deliveries.addClient('a', receiver.url)
  await deliveries.queue(...Array.from({ length: 100 }, () => 'a'))
  assert.deepEqual(await deliveries.deliver(), { delivered: 99, failed: 1, givenUp: 0 })
  assert.equal(receiver.received.length, 99)
})

test('a delivery whose outcome cannot be stored is tried again a minute later, and all others of the run are delivered', async () => {
  await using receiver = await startLogoutReceiver()
  let failures = 20
  await using deliveries = await logoutDeliveries((stores) => ({
    transaction: (body) =>
      stores.act(async (tx) => {
        const logoutDeliveries = {
          ...tx.logoutDeliveries,
          done: async (id: string) => {
            if (failures-- > 0) throw new Error('the disk is full')
            return tx.logoutDeliveries.done(id)
          },
        }
        return body({ ...tx, logoutDeliveries })
      }),
  }))
  const ids = Array.from({ length: 70 }, (_, at) => `c${at}`)
  for (const id of ids) await deliveries.addClient(id, `${receiver.url}/${id}`)
  await deliveries.queue(...ids)
  assert.deepEqual(await deliveries.deliver(), { delivered: 50, failed: 20, givenUp: 0 })
  assert.equal(new Set(receiver.received.map(({ path }) => path)).size, 70)
  assert.equal(deliveries.lines.filter(({ error }) => error === 'the disk is full').length, 20)
  deliveries.time.now += 1 * minutes
  assert.deepEqual(await deliveries.deliver(), { delivered: 20, failed: 0, givenUp: 0 })
})

test('a response may have any content type and size, because it is not read', async () => {
  await using web = await startPlainWebServer((_request, response) =>
    response.writeHead(200, { 'content-length': '999999999999' }).write('\xff'),
  )
  await using fetch = makeFencedFetch()
  const order = { types: [], maxBytes: 'unread', timeout: 60_000 } as const
  const { status, body } = await fetch(web.url, order, { allowPrivate: true, exceptions: [] })
  assert.deepEqual([status, body], [200, ''])
})

test('an administrator sets the members as in Hydra: false is not shown, and a private address is refused', async () => {
  await using server = await startServer()
  const create = (json: object) => server.admin('/admin/clients', { method: 'POST', json: { ...machine, ...json } })
  const uri = 'https://app.example/logout'
  const set = { backchannel_logout_uri: uri, backchannel_logout_session_required: true }
  const made = await create(set)
  assert.equal(made.status, 201)
  const shown = await server.admin(`/admin/clients/${made.json.client_id}`)
  for (const [member, value] of Object.entries(set)) assert.deepEqual([made.json[member], shown.json[member]], [value, value])
  const plain = await create({ backchannel_logout_uri: uri, backchannel_logout_session_required: false })
  assert.ok(!('backchannel_logout_session_required' in plain.json))
  const patch = [{ op: 'replace', path: '/backchannel_logout_uri', value: 'https://10.0.0.1/' }]
  for (const refused of [
    await create({ backchannel_logout_uri: 'https://localhost:1234' }),
    await server.admin(`/admin/clients/${made.json.client_id}`, { method: 'PATCH', json: patch }),
  ]) {
    assert.equal(refused.status, 400)
    assert.equal(refused.json.error, 'invalid_client_metadata')
    assert.match(refused.json.error_description, /backchannel_logout_uri/)
  }
})
