/**
 * The hostile cases: an attack beside an honest caller. The server is alone on one core; the attacker and the honest caller are two
 * processes on the other. The database is on a file system in memory where there is one, so that a slow disk has no effect.
 */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Attacked, type AttackName, attacks } from './attacks.ts'
import type { Asked, Honest } from './honest.ts'
import { type Delays, nodeOptions, readDelays } from './loop-delay.ts'
import { beside, end, freePorts, launch, loadCore, type Started, start, type Target } from './process.ts'
import { aligned, figure, verdict } from './table.ts'
import { targets } from './targets.ts'
import { usage } from './usage.ts'

export const hostileNames = Object.keys(attacks) as AttackName[]

export interface HostileResult {
  readonly name: string
  readonly alone: Honest
  /** Undefined where the server ended first. */
  readonly attacked: Honest | undefined
  /** MiB of resident memory at most, above a server that was just started. */
  readonly memory: number
  readonly delays: Delays | undefined
  /** The results of the attacker's requests, or how the server ended. */
  readonly outcome: string
}

/** A server that uses more is ended by the bench, before the machine runs out of memory. MiB. */
const mostMemory = 6_000
/** The tokens of a client that is then deleted. */
const storedTokens = 500_000

/** What a case needs in addition to a server. */
interface Stage {
  readonly asked: Asked
  readonly started: Partial<Started>
  readonly facts: Partial<Attacked>
}

export async function hostile(name: AttackName, seconds: number, home: string | undefined): Promise<HostileResult> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'clientele-hostile-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const basis: Started = { name: 'server', folder, pin: true, nodeOptions, ...(home !== undefined && { home }) }
  const stage = await stages[name](stack, basis)
  const target = stack.use(await start({ ...basis, ...stage.started }))
  await wait(2_000)
  const idle = usage(target.pid)?.rssMiB ?? Number.NaN
  const { publicPort, adminPort, issuer } = target
  const honest = await helper(stack, target, 'honest.ts', String(publicPort), String(adminPort), stage.asked)
  const attacker = await helper(stack, target, 'attacks.ts', name, JSON.stringify({ publicPort, adminPort, issuer, ...stage.facts }))
  const alone = (await resultOf<Honest>(honest, seconds, target)) as Honest
  await readDelays({ ...target, folder })
  using memory = watchMemory(target)
  const [attacked, tally] = await Promise.all([
    resultOf<Honest>(honest, seconds, target),
    resultOf<Record<string, number>>(attacker, seconds, target),
  ])
  const delays = await readDelays({ ...target, folder })
  const became = delays ? '' : `${memory.isTooMuch ? `ended by the bench at ${mostMemory} MiB` : await fate(target)}; `
  const counts = Object.entries(tally ?? {}).map(([what, times]) => `${times} × ${what}`)
  return { name, alone, attacked: delays && attacked, memory: memory.most - idle, delays, outcome: became + counts.join(', ') }
}

/** How a server that no longer answers ended. */
const fate = ({ ended }: Target) =>
  Promise.race([ended.then((how) => `THE SERVER ENDED (${how})`), wait(0).then(() => 'THE SERVER DID NOT ANSWER FOR TWO MINUTES')])

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function helper(stack: AsyncDisposableStack, target: Target, file: string, ...parameters: string[]): Promise<ChildProcess> {
  const child = launch([process.execPath, beside(file), ...parameters], loadCore, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  stack.defer(() => end(child))
  if ((await answerOf(child, target)) !== 'ready') throw new Error(`${file} or the server ended before the case began`)
  return child
}

/** Runs a child process for so long; returns its result, or undefined where it or the server ended before. */
async function resultOf<T>(child: ChildProcess, seconds: number, target: Target): Promise<T | undefined> {
  child.send(seconds)
  return (await answerOf(child, target)) as T | undefined
}

async function answerOf(child: ChildProcess, target: Target): Promise<unknown> {
  const settled = new AbortController()
  const { signal } = settled
  const answers = [once(child, 'message', { signal }).then(([message]) => message), once(child, 'exit', { signal }).then(() => undefined)]
  const answer = await Promise.race([...answers, target.ended.then(() => undefined)])
  for (const other of answers) other.catch(() => {})
  settled.abort()
  return answer
}

function watchMemory({ pid }: Target) {
  const watch = { most: 0, isTooMuch: false, [Symbol.dispose]: () => clearInterval(timer) }
  const look = () => {
    watch.most = Math.max(watch.most, usage(pid)?.rssMiB ?? 0)
    if (watch.most < mostMemory || watch.isTooMuch) return
    watch.isTooMuch = true
    process.kill(pid, 'SIGKILL')
  }
  const timer = setInterval(look, 50)
  return watch
}

const stages: Record<AttackName, (stack: AsyncDisposableStack, basis: Started) => Promise<Stage>> = {
  'hostile-pipelining': plain,
  'hostile-burst': plain,
  'hostile-lookups': async (stack, { folder }) => {
    const hook = createServer((_request, response) => response.writeHead(204).end())
    await once(hook.listen(0, '127.0.0.1'), 'listening')
    stack.defer(() => void hook.close().closeAllConnections())
    const url = `http://localhost:${(hook.address() as AddressInfo).port}/`
    return { asked: 'tokens', started: { settings: { oauth2: { token_hook: url } }, prefix: await silentNames(stack, folder) }, facts: {} }
  },
  'hostile-removal': async (_stack, basis) => ({ asked: 'both', started: {}, facts: await storeTokens(basis) }),
  'hostile-keys': async () => {
    const [keysPort] = await freePorts()
    const http = { private_ip_exception_urls: [`http://127.0.0.1:${keysPort}/**`] }
    return { asked: 'both', started: { settings: { clients: { http } } }, facts: { keysPort } }
  },
}

async function plain(): Promise<Stage> {
  return { asked: 'both', started: {}, facts: {} }
}

/**
 * A name server that never answers, and a command under which it is the only one: a mount namespace with a resolv.conf of its own, so
 * that libc and c-ares both ask it. Needs root, as does its port.
 */
async function silentNames(stack: AsyncDisposableStack, folder: string): Promise<string[]> {
  const address = '127.0.0.53'
  const socket = createSocket('udp4')
  stack.defer(() => void socket.close())
  const file = join(folder, 'resolv.conf')
  writeFileSync(file, `nameserver ${address}\n`)
  const prefix = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file]
  try {
    await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(53, address, resolve))
    execFileSync(prefix[0] as string, [...prefix.slice(1), 'true'], { stdio: 'pipe' })
  } catch (error) {
    throw new Error(`hostile-lookups needs root for port 53 and a mount namespace: ${(error as Error).message}`)
  }
  return prefix
}

/** Two clients with so many tokens each: one issued through the API, the others copied from its row while the server is stopped. */
async function storeTokens(basis: Started): Promise<Pick<Attacked, 'removed' | 'ended'>> {
  const made: { client_id: string; client_secret: string; registration_access_token: string }[] = []
  {
    await using target = await start(basis)
    for (const _ of ['removed', 'ended']) {
      const answer = await fetch(`${target.issuer}oauth2/register`, { method: 'POST', body: '{"grant_types":["client_credentials"]}' })
      const client = (await answer.json()) as (typeof made)[number]
      const authorization = `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      const { status } = await fetch(`${target.issuer}oauth2/token`, { method: 'POST', headers: { authorization }, body })
      if (status !== 200) throw new Error(`the status of a token request was ${status}`)
      made.push(client)
    }
  }
  const [removed, ended] = made
  copyTokens(join(basis.folder, 'clientele.sqlite'))
  return { removed: { id: removed?.client_id ?? '', token: removed?.registration_access_token ?? '' }, ended: ended?.client_id ?? '' }
}

function copyTokens(file: string): void {
  using database = new DatabaseSync(file)
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('access_tokens') as { name: string }[]
  const list = columns.map(({ name }) => `"${name}"`).join(', ')
  const copied = columns.map(({ name }) => (name === 'hash' ? 'lower(hex(randomblob(22)))' : `"${name}"`)).join(', ')
  database.exec('PRAGMA synchronous = OFF')
  database.exec(`INSERT INTO access_tokens (${list})
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${storedTokens - 1}) SELECT ${copied} FROM access_tokens, n`)
}

const heads = ['case', 'p50 alone', 'p99 alone', 'p50', 'p99', 'ratio', 'p99 at most', 'errors', 'MiB above idle', 'loop p99.9', 'loop max']

export function hostileTable(results: readonly HostileResult[]): string {
  const { ratio, milliseconds, memoryMiB, loopMilliseconds } = targets.hostile
  const rows = results.map(({ name, alone, attacked, memory, delays }) => {
    const [p99, limit] = [attacked?.p99 ?? Number.NaN, Math.max(ratio * alone.p99, milliseconds)]
    const [errors, late] = [attacked?.errors ?? Number.NaN, delays?.p999 ?? Number.NaN]
    const shown = [alone.p50, alone.p99, attacked?.p50 ?? Number.NaN, p99, p99 / alone.p99].map((value) => figure(value, 1))
    const met = (value: number, most: number) => `${figure(value, 0)} (${verdict(value, Math.round(most), value <= most)})`
    return [
      name,
      ...shown,
      verdict(p99, Math.round(limit), p99 <= limit),
      met(errors, 0),
      met(memory, memoryMiB),
      met(late, loopMilliseconds),
      figure(delays?.max ?? Number.NaN, 0),
    ]
  })
  const notes = results.map(
    ({ name, attacked, outcome }) => `${name}: ${outcome}${(attacked?.examples ?? []).map((one) => `\n  honest: ${one}`).join('')}`,
  )
  return `${aligned([heads, ...rows])}\ntimes in ms, the database in ${existsSync('/dev/shm') ? 'memory' : 'TMPDIR'}; results of the attack:\n${notes.join('\n')}\n`
}
