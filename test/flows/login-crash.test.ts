import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import {
  type Issued,
  isActive,
  type LoginClient,
  obtainCode,
  redeem,
  refresh,
  registerLoginClient,
  type Tokens,
} from '../support/login-client.ts'
import { type SpawnedServer, spawnServer } from '../support/spawned-server.ts'

/** What a client got in one login. */
interface Login {
  readonly issued: Issued
  tokens: Tokens | undefined
  /** Tokens that a response revoked. */
  readonly dead: string[]
  isRevoked: boolean
  /** A request got no response, so its outcome is unknown. */
  isOpen: boolean
}

const rounds = 4
const connections = 6

test('killed under logins, the server has lost no code, token or revocation that it confirmed', async (t) => {
  await using server = await spawnServer()
  const client = await registerLoginClient(server)
  const logins: Login[] = []
  let open = 0
  for (let round = 1; round <= rounds; round++) {
    const begun = logins.length
    await loadUntilKilled(server, client, logins, 30 + randomInt(30))
    await server.restart()
    const fresh = logins.slice(begun)
    open += fresh.filter(({ isOpen }) => isOpen).length
    await Promise.all(fresh.map((login) => assertKept(server, client, login, `round ${round}`)))
  }
  const counted = (what: (login: Login) => boolean) => logins.filter(what).length
  const [revoked, refreshed] = [counted(({ isRevoked }) => isRevoked), counted(({ dead, isRevoked }) => dead.length > 0 && !isRevoked)]
  t.diagnostic(`${logins.length} logins, ${refreshed} refreshed, ${revoked} revoked, ${open} with a request that was not answered`)
  assert.ok(revoked > 0 && refreshed > 0 && open > 0 && counted(({ tokens }) => tokens === undefined) > 0, 'the load did everything')
})

/** Logs in over several connections and kills the server after this many confirmed steps. */
async function loadUntilKilled(server: SpawnedServer, client: LoginClient, logins: Login[], steps: number): Promise<void> {
  let left = steps
  let killed = false
  const answered = () => {
    if (--left > 0 || killed) return
    killed = true
    server.process.kill('SIGKILL')
  }
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (!killed) {
        try {
          await course(server, client, logins, answered)
        } catch (error) {
          if (killed && isCut(error)) return
          throw error
        }
      }
    }),
  )
  assert.equal(await server.ended(), 'SIGKILL')
}

const isCut = (error: unknown): boolean => ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')

/** A login that ends with a code, with tokens, with a refresh or with a revocation. */
async function course(server: SpawnedServer, client: LoginClient, logins: Login[], answered: () => void): Promise<void> {
  const login: Login = { issued: await obtainCode(server, client), tokens: undefined, dead: [], isRevoked: false, isOpen: false }
  logins.push(login)
  answered()
  const end = randomInt(4)
  if (end > 0) await act(login, answered, () => exchange(server, client, login))
  if (end > 1) await act(login, answered, () => rotate(server, client, login))
  if (end > 2) await act(login, answered, () => revoke(server, client, login))
}

async function act(login: Login, answered: () => void, what: () => Promise<void>): Promise<void> {
  login.isOpen = true
  await what()
  login.isOpen = false
  answered()
}

function expect200({ status, json, text }: Awaited<ReturnType<typeof redeem>>): Tokens {
  assert.equal(status, 200, text)
  return json
}

async function exchange(server: SpawnedServer, client: LoginClient, login: Login): Promise<void> {
  login.tokens = expect200(await redeem(server, client, login.issued))
}

async function rotate(server: SpawnedServer, client: LoginClient, login: Login): Promise<void> {
  const before = login.tokens as Tokens
  login.tokens = expect200(await refresh(server, client, before.refresh_token))
  login.dead.push(before.access_token, before.refresh_token)
}

async function revoke(server: SpawnedServer, { id, secret }: LoginClient, login: Login): Promise<void> {
  const form = { token: (login.tokens as Tokens).refresh_token }
  assert.equal((await server.public('/oauth2/revoke', { method: 'POST', basic: [id, secret], form })).status, 200)
  login.isRevoked = true
}

async function assertKept(server: SpawnedServer, client: LoginClient, login: Login, when: string): Promise<void> {
  const { tokens, dead, isRevoked, isOpen, issued } = login
  for (const token of dead) assert.equal(await isActive(server, token), false, `${when}: a token that was ended lives`)
  if (tokens === undefined) {
    const { status, text } = await redeem(server, client, issued)
    assert.ok(status === 200 || (isOpen && status === 400), `${when}: a code that was answered is refused: ${text}`)
    return
  }
  const [access, renewal] = [await isActive(server, tokens.access_token), await isActive(server, tokens.refresh_token)]
  assert.equal(access, renewal, `${when}: half of an act happened`)
  if (isRevoked) assert.equal(access, false, `${when}: a revocation was lost`)
  else if (!isOpen) assert.equal(access, true, `${when}: tokens that were answered are gone`)
  assert.equal((await redeem(server, client, issued)).status, 400, `${when}: a code that was used works again`)
  assert.equal(await isActive(server, tokens.access_token), false, `${when}: a replay ended nothing`)
}
