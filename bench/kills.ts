/**
 * Repeated SIGKILL under a mixed load: what a response confirmed as created must exist afterwards, and what a response confirmed as
 * replaced, revoked, withdrawn or removed must not work. An act without a response may have happened or not, but completely.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { isActive, obtainCode, redeem, redirectUri, refresh } from '../test/support/login-client.ts'
import type { PostgresServer } from '../test/support/postgres.ts'
import { type SpawnedServer, spawnServer } from '../test/support/spawned-server.ts'
import { type Credential, Ledger } from './ledger.ts'

interface Client {
  readonly id: string
  readonly secret: string
  /** The registration access token; empty for a client that an administrator created. */
  token: string
  /** All credentials that it ever had, by kind. */
  readonly own: { registration: Credential[]; access: Credential[]; families: Family[] }
}

/** The result of one login. */
interface Family {
  readonly subject: string
  refreshToken: string
  readonly all: Credential[]
}

const lanes = 8
/** Milliseconds of load before the kill, at most. */
const longestLoad = 1_000
const subjects = 3

export interface OnPostgres {
  readonly postgres: PostgresServer
  readonly dsn: string
}

export async function kill(times: number, on?: OnPostgres): Promise<{ text: string; faults: string[] }> {
  await using server = await spawnServer(on ? { dsn: on.dsn } : {})
  const load = new MixedLoad(server)
  const { ledger } = load
  let round = 0
  // Faults after the first one could be its consequences.
  while (round < times && ledger.faults.length === 0) {
    round++
    await load.runUntilKilled(randomInt(20, longestLoad))
    // The database is killed, too, every fifth time.
    if (on && round % 5 === 0) await on.postgres.stop('immediate').then(on.postgres.start)
    await server.restart()
    await ledger.check(`kill ${round}`)
    if (round % 10 === 0) console.error(`  ${round} kills: ${ledger.summary()}`)
  }
  if (ledger.faults.length === 0) await ledger.checkAll('at the end')
  const verdict = ledger.faults.length === 0 ? 'nothing answered lost, nothing ended alive' : `${ledger.faults.length} FAULTS`
  return { text: `${on ? 'PostgreSQL' : 'SQLite'}, ${round} kills: ${ledger.summary()}: ${verdict}`, faults: ledger.faults }
}

class MixedLoad {
  readonly ledger = new Ledger()
  readonly #server: SpawnedServer
  readonly #clients: Client[][] = Array.from({ length: lanes }, () => [])
  #serial = 0
  #isKilled = false

  constructor(server: SpawnedServer) {
    this.#server = server
  }

  async runUntilKilled(milliseconds: number): Promise<void> {
    this.#isKilled = false
    setTimeout(() => {
      this.#isKilled = true
      this.#server.process.kill('SIGKILL')
    }, milliseconds)
    await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#runLane(lane)))
    await this.#server.ended()
  }

  async #runLane(lane: number): Promise<void> {
    const clients = this.#clients[lane] as Client[]
    while (!this.#isKilled) {
      try {
        await this.#actOn(clients, lane)
      } catch (error) {
        if (!this.#isKilled) throw error
        if (error instanceof assert.AssertionError) this.ledger.faults.push(error.message)
        return
      }
    }
  }

  async #actOn(clients: Client[], lane: number): Promise<void> {
    const at = randomInt(Math.max(1, Math.min(clients.length, 6)))
    const client = clients.at(-1 - at)
    if (!client || randomInt(8) === 0) return void clients.push(await (randomInt(2) === 0 ? this.#register() : this.#create()))
    const live = client.own.families.filter(({ all }) => all.some(({ alive }) => alive))
    const family = live[randomInt(Math.max(1, live.length))]
    const subject = `person-${lane}-${randomInt(subjects)}`
    const acts: [weight: number, act: () => Promise<unknown>][] = [
      [4, () => this.#issue(client)],
      [4, () => this.#logIn(client, subject)],
      [2, async () => ownsToken(client) && (await this.#update(client))],
      [3, async () => family && (await this.#refresh(client, family))],
      [2, async () => family && (await this.#revoke(client, family))],
      [1, () => this.#withdraw(client, subject)],
      [1, () => this.#endTokens(client)],
      [1, () => this.#remove(clients, client)],
      [1, () => this.#recreate(clients, client)],
    ]
    const lots = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act))
    await lots[randomInt(lots.length)]?.()
  }

  async #register(): Promise<Client> {
    const client_name = `registered-${this.#serial++}`
    const metadata = { client_name, ...loginMetadata }
    const json = await this.ledger.act('register', [], () =>
      this.#send(201, 'public', '/oauth2/register', { method: 'POST', json: metadata }),
    )
    const client = this.#clientOf(json)
    this.#tokenOf(client, json.registration_access_token, client_name)
    return client
  }

  /** By an administrator, and with JWTs: under the id of one that was removed, or under a new one. */
  async #create(id?: string): Promise<Client> {
    const metadata = { ...(id !== undefined && { client_id: id }), ...loginMetadata, access_token_strategy: 'jwt' }
    const act = id === undefined ? 'create' : 'create again'
    return this.#clientOf(
      await this.ledger.act(act, [], () => this.#send(201, 'admin', '/admin/clients', { method: 'POST', json: metadata })),
    )
  }

  // biome-ignore lint/suspicious/noExplicitAny: a response of the server.
  #clientOf({ client_id: id, client_secret: secret }: any): Client {
    const own: Client['own'] = { registration: [], access: [], families: [] }
    own.registration.push(
      this.ledger.made(`a secret of ${id}`, async () => {
        const form = { grant_type: 'client_credentials' }
        const { status, text } = await this.#server.public('/oauth2/token', { method: 'POST', basic: [id, secret], form })
        assert.ok(status === 200 || status === 401, text)
        return status === 200
      }),
    )
    return { id, secret, token: '', own }
  }

  #tokenOf(client: Client, token: string, name: string): void {
    client.token = token
    client.own.registration.push(
      this.ledger.made(`a registration access token of ${client.id}`, async () => {
        const { status, json, text } = await this.#server.public(`/oauth2/register/${client.id}`, { bearer: token })
        assert.ok(status === 200 || status === 401, text)
        if (status === 200) assert.equal(json.client_name, name, 'an update was lost')
        return status === 200
      }),
    )
  }

  async #update(client: Client): Promise<void> {
    const client_name = `updated-${this.#serial++}`
    const replaced = client.own.registration.filter(({ what }) => what.startsWith('a registration'))
    const sent = { method: 'PUT', bearer: client.token, json: { client_name, ...loginMetadata } }
    const json = await this.ledger.act('update', replaced, () => this.#send(200, 'public', `/oauth2/register/${client.id}`, sent))
    this.#tokenOf(client, json.registration_access_token, client_name)
  }

  async #issue(client: Client): Promise<void> {
    const sent = { method: 'POST', basic: [client.id, client.secret] as const, form: { grant_type: 'client_credentials' } }
    const { access_token } = await this.ledger.act('token', [], () => this.#send(200, 'public', '/oauth2/token', sent))
    client.own.access.push(this.#bearerToken('an access token', client, access_token))
  }

  #bearerToken(what: string, client: Client, token: string): Credential {
    return this.ledger.made(`${what} of ${client.id}`, () => isActive(this.#server, token))
  }

  /** Ends with the code, or continues to the tokens. */
  async #logIn(client: Client, subject: string): Promise<void> {
    const code = await this.ledger.act('login', [], () => obtainCode(this.#server, client, { subject }))
    const works = async () => {
      const { status, text } = await redeem(this.#server, client, code)
      assert.ok(status === 200 || status === 400 || status === 401, text)
      return status === 200
    }
    const unspent = this.ledger.made(`a code of ${client.id}`, works, true)
    const family: Family = { subject, refreshToken: '', all: [unspent] }
    client.own.families.push(family)
    if (randomInt(4) === 0) return
    this.#keep(client, family, await this.ledger.act('code', [unspent], async () => expect(200, await redeem(this.#server, client, code))))
  }

  // biome-ignore lint/suspicious/noExplicitAny: a response of the server.
  #keep(client: Client, family: Family, { access_token, refresh_token }: any): void {
    const access = this.#bearerToken("a person's access token", client, access_token)
    family.refreshToken = refresh_token
    family.all.push(access, this.#bearerToken('a refresh token', client, refresh_token))
    client.own.access.push(access)
  }

  async #refresh(client: Client, family: Family): Promise<void> {
    if (family.refreshToken === '') return
    const isAlive = family.all.some(({ what, alive }) => alive && what.startsWith('a refresh'))
    if (!isAlive) return
    const send = async () => expect(200, await refresh(this.#server, client, family.refreshToken))
    this.#keep(client, family, await this.ledger.act('refresh', family.all, send))
  }

  async #revoke(client: Client, family: Family): Promise<void> {
    if (family.refreshToken === '') return
    const sent = { method: 'POST', basic: [client.id, client.secret] as const, form: { token: family.refreshToken } }
    await this.ledger.act('revoke', family.all, () => this.#send(200, 'public', '/oauth2/revoke', sent))
  }

  async #withdraw(client: Client, subject: string): Promise<void> {
    const ended = client.own.families.filter((family) => family.subject === subject).flatMap(({ all }) => all)
    const path = `/admin/oauth2/auth/sessions/consent?${new URLSearchParams({ subject, client: client.id })}`
    await this.ledger.act('withdraw', ended, () => this.#send(204, 'admin', path, { method: 'DELETE' }))
  }

  async #endTokens(client: Client): Promise<void> {
    const path = `/admin/oauth2/tokens?client_id=${client.id}`
    await this.ledger.act('end all tokens', client.own.access, () => this.#send(204, 'admin', path, { method: 'DELETE' }))
  }

  async #remove(clients: Client[], client: Client): Promise<void> {
    clients.splice(clients.indexOf(client), 1)
    const all = [...client.own.registration, ...client.own.access, ...client.own.families.flatMap((family) => family.all)]
    const byOwner = () => this.#send(204, 'public', `/oauth2/register/${client.id}`, { method: 'DELETE', bearer: client.token })
    const byAdmin = () => this.#send(204, 'admin', `/admin/clients/${client.id}`, { method: 'DELETE' })
    await this.ledger.act('remove', [...new Set(all)], ownsToken(client) ? byOwner : byAdmin)
  }

  async #recreate(clients: Client[], client: Client): Promise<void> {
    await this.#remove(clients, client)
    clients.push(await this.#create(client.id))
  }

  async #send(status: number, listener: 'public' | 'admin', ...request: Parameters<SpawnedServer['public']>) {
    return expect(status, await this.#server[listener](...request))
  }
}

/** Whether the registration access token of the last response is valid: an update without a response may have replaced it. */
const ownsToken = ({ token, own }: Client): boolean => token !== '' && own.registration.at(-1)?.alive === true

const loginMetadata = {
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  scope: 'openid offline_access',
}

// biome-ignore lint/suspicious/noExplicitAny: a response of the server.
function expect(wanted: number, { status, json, text }: { status: number; json: any; text: string }): any {
  assert.equal(status, wanted, text)
  return json
}
