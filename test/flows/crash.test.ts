import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { type SpawnedServer, spawnServer } from '../support/spawned-server.ts'

/** A client as its owner knows it: the last response, and an update that got no response. */
interface Known {
  readonly id: string
  readonly secret: string
  token: string
  name: string
  /** The previous token, which the last confirmed update replaced. */
  dead: string | undefined
  unanswered: string | undefined
}

const rounds = 12
const connections = 6
const metadata = (client_name: string) => ({ grant_types: ['client_credentials'], client_name })

test('killed 12 times under registrations and updates, the server has lost nothing that it confirmed', async (t) => {
  const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 31))
  const chance = mulberry32(seed)
  const clients: Known[] = []
  await using server = await spawnServer()
  let unanswered = 0
  for (let round = 1; round <= rounds; round++) {
    const touched = await loadUntilKilled(server, clients, 5 + Math.floor(chance() * 40), chance)
    await server.restart()
    unanswered += [...touched].filter((client) => client.unanswered !== undefined).length
    await Promise.all([...touched].map((client) => assertKept(server, client, `CRASH_SEED=${seed}, round ${round}`)))
  }
  await Promise.all(clients.map((client) => assertKept(server, client, `CRASH_SEED=${seed}, at the end`)))
  t.diagnostic(`seed ${seed}: ${clients.length} clients, ${unanswered} updates without an answer`)
  assert.ok(clients.length >= rounds, 'the load registered clients')
})

/** Loads the server over several connections and kills it after this many responses. Returns the clients. */
async function loadUntilKilled(server: SpawnedServer, clients: Known[], answers: number, chance: () => number): Promise<Set<Known>> {
  const touched = new Set<Known>()
  let left = answers
  let killed = false
  const answered = () => {
    if (--left > 0) return
    killed = true
    server.process.kill('SIGKILL')
  }
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      const own = clients.filter((_, at) => at % connections === connection).slice(-5)
      while (!killed) {
        const client = own[Math.floor(chance() * own.length)]
        try {
          if (client === undefined || chance() < 0.4) own.push(await register(server, clients, touched))
          else await update(server, client, touched)
        } catch (error) {
          if (killed || isCut(error)) return
          throw error
        }
        answered()
      }
    }),
  )
  assert.equal(await server.ended(), 'SIGKILL')
  return touched
}

const isCut = (error: unknown): boolean => ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')

async function register(server: SpawnedServer, clients: Known[], touched: Set<Known>): Promise<Known> {
  const name = `registered-${clients.length}`
  const { status, json, text } = await server.public('/oauth2/register', { method: 'POST', json: metadata(name) })
  assert.equal(status, 201, text)
  const { client_id: id, client_secret: secret, registration_access_token: token } = json
  const client: Known = { id, secret, token, name, dead: undefined, unanswered: undefined }
  clients.push(client)
  touched.add(client)
  return client
}

let updates = 0

async function update(server: SpawnedServer, client: Known, touched: Set<Known>): Promise<void> {
  const name = `updated-${++updates}`
  client.unanswered = name
  touched.add(client)
  const { status, json, text } = await server.public(pathOf(client), { method: 'PUT', bearer: client.token, json: metadata(name) })
  assert.equal(status, 200, text)
  Object.assign(client, { name, dead: client.token, token: json.registration_access_token, unanswered: undefined })
}

const pathOf = ({ id }: Known): string => `/oauth2/register/${id}`

async function assertKept(server: SpawnedServer, client: Known, when: string): Promise<void> {
  await settleUnanswered(server, client, when)
  const read = await server.public(pathOf(client), { bearer: client.token })
  assert.equal(read.status, 200, `${when}: the token in force is refused`)
  assert.equal(read.json.client_name, client.name, when)
  if (client.dead !== undefined) {
    assert.equal((await server.public(pathOf(client), { bearer: client.dead })).status, 401, `${when}: a replaced token works`)
  }
  const form = { grant_type: 'client_credentials' }
  const issued = await server.public('/oauth2/token', { method: 'POST', basic: [client.id, client.secret], form })
  assert.equal(issued.status, 200, `${when}: the secret is refused`)
}

/** Asserts that an unconfirmed update is applied completely or not at all: the old token with the old values, or neither. */
async function settleUnanswered(server: SpawnedServer, client: Known, when: string): Promise<void> {
  if (client.unanswered === undefined) return
  const isOld = (await server.public(pathOf(client), { bearer: client.token })).status === 200
  if (!isOld) {
    const found = await server.admin(`/admin/clients/${client.id}`)
    assert.equal(found.json.client_name, client.unanswered, `${when}: the old token is dead, and the update did not happen`)
    const made = await server.admin(`/admin/clients/${client.id}/registration-access-token`, { method: 'POST' })
    Object.assign(client, { dead: client.token, token: made.json.registration_access_token, name: client.unanswered })
  }
  client.unanswered = undefined
}

/** A small pseudo-random generator with a seed. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
