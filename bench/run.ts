/** `npm run bench`: the server and the baseline in turn under the same load. `--help` lists the options; README.md explains the table. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import { cases } from './cases.ts'
import { Load } from './driver.ts'
import type { Guesses } from './guesses.ts'
import { hostile, hostileNames, hostileTable } from './hostile.ts'
import { kill } from './kills.ts'
import type { Measured } from './load.ts'
import { timeMigrations } from './migrations.ts'
import { beside, build, isPeer, launch, loadCore, peers, pinned, type Side, start, type Target } from './process.ts'
import { topFunctions } from './profile.ts'
import { figure, median, othersTable, type Rounds, rate, summary, table, verdict } from './table.ts'
import { targets } from './targets.ts'
import { usage } from './usage.ts'

/** Unlike the other cases it has two clients at once and no baseline. */
const guesses = 'wrong-guesses'
/** Run only if given by `--case`: the attacks, and the migrations of a large database. */
const migrate = 'migrate'
const names = [...cases.map(({ name }) => name), guesses, ...hostileNames, migrate]

const help = `npm run bench -- [options]
  --seconds <n>    length of one round of one case (3)
  --rounds <n>     rounds of each case, server and baseline in turn (3)
  --case <name>    only this case; may be given several times: ${names.join(', ')}
  --json <file>    write all figures to this file
  --profile        profile the server under the one given case; prints the functions by self time
  --built          the server as it is packed (JavaScript by tsc) instead of its source
  --database <db>  sqlite (the default), or postgres: a real one, started here (or at DATABASE_URL), with fsync on
  --before <path>  the server of another checkout beside this one in the same rounds, in place of oidc-provider
  --kills <n>      instead of the cases: kills the server n times under a mixed load, and checks each time what it had confirmed
  --clients <n>    for migrate: how many clients are stored (1000000)
  --after <n>      for migrate: the last migration before the clients are stored (5)
  --no-peer        without oidc-provider, which is measured three times beside the server where it knows the case (on SQLite)
  --baseline-only  only the baseline: no ratios, but the complete run
  --keep           keep the temporary folder (databases, logs, profiles)
`

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    case: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    profile: { type: 'boolean', default: false },
    database: { type: 'string', default: 'sqlite' },
    before: { type: 'string' },
    kills: { type: 'string' },
    clients: { type: 'string', default: '1000000' },
    after: { type: 'string', default: '5' },
    'no-peer': { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
    'baseline-only': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const [listed, issued] = [10_000, 2_000]
const seconds = positive('seconds')
const rounds = positive('rounds')
const onPostgres = options.database === 'postgres'
if (!onPostgres && options.database !== 'sqlite') quit(2, '--database is sqlite or postgres\n')
const chosen = cases.filter(({ name }) => options.case.length === 0 || options.case.includes(name))
const baselineOnly = options['baseline-only']
const attacked = hostileNames.filter((name) => options.case.includes(name))
const withGuesses = !baselineOnly && (options.case.length === 0 || options.case.includes(guesses))

if (options.help) quit(0, help)
for (const name of options.case) if (!names.includes(name)) quit(2, `no case ${name}\n${help}`)
if (onPostgres && attacked.length > 0) quit(2, 'the hostile cases are on SQLite only\n')
if (options.profile && chosen.length !== 1) quit(2, '--profile needs exactly one --case\n')

const folder = mkdtempSync(join(tmpdir(), 'clientele-bench-'))
process.on('exit', () => (options.keep ? console.log(`kept ${folder}`) : rmSync(folder, { recursive: true, force: true })))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** The other checkout. */
const before = options.before && resolve(options.before)
const home = options.built ? build(join(folder, 'built')) : undefined

const others = otherSides()
const wrong: string[] = []
let wrongCount = 0

const work = options.kills !== undefined ? kills : options.profile ? profile : compare
await work().catch((error: Error) => quit(1, `${error.message}\n`))
if (wrongCount > 0) quit(1, `\n${wrongCount} wrong responses, among them:\n${wrong.slice(0, 10).join('\n')}\n`)

async function compare(): Promise<void> {
  console.log(machine())
  const results: Rounds[] = []
  if (chosen.length > 0) {
    await using stack = new AsyncDisposableStack()
    const postgres = onPostgres ? stack.use(await startPostgres()) : undefined
    const [baseline, server] = [await open(stack, 'baseline', postgres), baselineOnly ? undefined : await open(stack, 'server', postgres)]
    const opened = new Map<Side, Measurable>()
    for (const other of others) if (chosen.some(({ name }) => isKnown(other, name))) opened.set(other, await open(stack, other, postgres))
    for (const { name } of chosen) {
      const beside = [...opened].flatMap(([other, side]) => (isKnown(other, name) ? [{ name: other, side, rounds: [] as Measured[] }] : []))
      const result = { name, server: [] as Measured[], baseline: [] as Measured[] }
      for (const side of [server, baseline, ...beside.map((one) => one.side)]) if (side) await measure(side, name, 1)
      for (let round = 0; round < rounds; round++) {
        if (server) result.server.push(await measure(server, name, seconds))
        result.baseline.push(await measure(baseline, name, seconds))
        for (const other of beside) other.rounds.push(await measure(other.side, name, seconds))
      }
      results.push({ ...result, others: beside.map((other) => ({ name: other.name, rounds: other.rounds })) })
      const besideIt = beside.map((other) => `${other.name} ${eachRate(other.rounds)}`).join('')
      console.error(`  ${name}: ${eachRate(result.server)}baseline ${eachRate(result.baseline)}${besideIt}`)
    }
  }
  const targetOf = (name: string) => (onPostgres ? targets.postgresRatio : (targets.ratio[name] ?? Number.NaN))
  const summaries = results.map((result) => summary(result, targetOf))
  if (summaries.length > 0) console.log(`\n${table(summaries)}\n${othersTable(summaries, peerTarget)}`)
  const guessed = withGuesses && !onPostgres ? await guess() : undefined
  if (guessed) console.log(guessed.text)
  const attacks = await attack()
  if (options.case.includes(migrate))
    console.log(await timeMigrations({ onPostgres, after: positive('after'), clients: positive('clients') }))
  const idle = baselineOnly || onPostgres || chosen.length === 0 ? undefined : await startAgain()
  if (idle) console.log(idle.text)
  const all = { summaries, guessed, attacks, idle, rounds: results, wrongCount }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`)
}

/** The requested hostile cases, each with a new server; they take five times as long as a round. */
async function attack() {
  const results = []
  for (const name of attacked) {
    if (before !== undefined) results.push({ ...(await hostile(name, seconds * 5, before)), name: `${name}, before` })
    results.push(await hostile(name, seconds * 5, home))
  }
  if (results.length > 0) console.log(hostileTable(results))
  return results
}

/** The server under SIGKILL; a lost confirmation counts as a wrong response. */
async function kills(): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const postgres = onPostgres ? stack.use(await startPostgres({ own: true })) : undefined
  const { text, faults } = await kill(positive('kills'), postgres && { postgres, dsn: await freshDatabase(postgres) })
  console.log(text)
  wrong.push(...faults)
  wrongCount += faults.length
}

/** The targets of comparisons: with the checkout before for every case, with the equally durable oidc-provider for logins. */
function peerTarget(name: string, other: string): number | undefined {
  if (other === 'before') return targets.beforeRatio
  return other === 'oidc-provider' ? targets.peerRatio[name] : undefined
}

async function profile(): Promise<void> {
  const profileFolder = join(folder, 'profile')
  let window: Measured
  {
    await using stack = new AsyncDisposableStack()
    const postgres = onPostgres ? stack.use(await startPostgres()) : undefined
    const side = await open(stack, baselineOnly ? 'baseline' : 'server', postgres, profileFolder)
    const name = chosen[0]?.name ?? ''
    await measure(side, name, 1)
    window = await measure(side, name, seconds)
    console.log(`${name}: ${whole(rate(window))} per s while profiled`)
  }
  console.log(topFunctions(profileFolder, window.from, window.to, 30))
}

/** The other programs to measure: the checkout before if given; else on PostgreSQL the one-by-one baseline, on SQLite oidc-provider. */
function otherSides(): Side[] {
  if (baselineOnly || options.profile) return []
  if (before !== undefined) return ['before']
  if (onPostgres) return ['one-by-one']
  return options['no-peer'] ? [] : peers
}

/** Whether a side supports a case. */
function isKnown(side: Side, name: string): boolean {
  if (!isPeer(side) || /login|refresh/.test(name)) return true
  return side !== 'oidc-provider-in-memory' && (name === 'register' || name === 'token')
}

/** Creates a database with the schema of the checkout whose server will open it. */
async function freshDatabase(postgres: PostgresServer, checkout = beside('..')): Promise<string> {
  const url = await postgres.createDatabase()
  const settings = { DSN: url, URLS_SELF_ISSUER: 'https://auth.example.com/', SECRETS_SYSTEM: 'nothing is sealed by a migration' }
  const env = { ...process.env, ...settings }
  execFileSync(join(checkout, 'bin/clientele'), ['migrate', 'sql', 'up'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  return url
}

interface Measurable {
  readonly target: Target
  readonly load: Load
}

async function open(stack: AsyncDisposableStack, name: Side, postgres?: PostgresServer, profileFolder?: string): Promise<Measurable> {
  const checkout = name === 'before' ? before : home
  const target = stack.use(
    await start({
      name,
      folder: join(folder, name),
      pin: true,
      ...(postgres && { database: await freshDatabase(postgres, checkout) }),
      ...(checkout && { home: checkout }),
      ...(profileFolder && { nodeOptions: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
    }),
  )
  const load = stack.use(await Load.aim(target))
  const began = performance.now()
  await load.prepare(listed, issued, { jwt: !isPeer(name) })
  console.error(`${name}: ${listed} clients and ${issued} tokens made in ${figure((performance.now() - began) / 1000, 1)} s`)
  return { target, load }
}

async function measure({ target, load }: Measurable, name: string, length: number): Promise<Measured> {
  const measured = await load.run(name, length)
  target.emptyLog()
  wrongCount += measured.wrong
  wrong.push(...measured.examples.map((example) => `${target.name}: ${example}`))
  return measured
}

/** The effect of wrong secrets for one client on another one. */
async function guess() {
  await using target = await start({ name: 'server', folder: join(folder, 'guesses'), pin: true })
  const parameters = [target.publicPort, target.adminPort, seconds, rounds].map(String)
  const child = launch([process.execPath, beside('guesses.ts'), ...parameters], loadCore, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = child.stdout ? await readText(child.stdout) : ''
  const measured = JSON.parse(output) as Guesses
  const [right, wrongP99] = [median(measured.besideRight), median(measured.besideWrong)]
  // Each round is compared with the one next to it in time: other work on the machine slows both.
  const ratio = median(measured.besideWrong.map((p99, at) => p99 / (measured.besideRight[at] ?? Number.NaN)))
  if (measured.refused > 0) quit(1, `${measured.refused} requests of the client beside the guesses were refused\n`)
  const counts = (by: Readonly<Record<number, number>>) =>
    Object.entries(by)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', ')
  const text = [
    `another client's p99 beside ${whole(measured.perSecond.right)} right requests/s at an argon2id client: ${figure(right, 2)} ms (${counts(measured.right)})`,
    `another client's p99 beside ${whole(measured.perSecond.wrong)} wrong guesses/s at it: ${figure(wrongP99, 2)} ms, ratio ${figure(ratio, 2)} (${verdict(ratio, targets.guesses, ratio <= targets.guesses)}) (${counts(measured.wrong)})`,
  ].join('\n')
  return { ...measured, ratio, text }
}

/** The time until the server is ready on the database of the cases, and its memory then; not pinned. */
async function startAgain() {
  const starts: { readySeconds: number; idleMiB: number }[] = []
  for (let count = 0; count < 3; count++) {
    await using target = await start({ name: 'server', folder: join(folder, 'server'), pin: false, ...(home && { home }) })
    await new Promise((resolve) => setTimeout(resolve, 2000))
    starts.push({ readySeconds: target.readySeconds, idleMiB: usage(target.pid)?.rssMiB ?? Number.NaN })
  }
  const readySeconds = median(starts.map((it) => it.readySeconds))
  const idleMiB = median(starts.map((it) => it.idleMiB))
  const limits = home ? targets.built : targets.source
  const text = [
    `${home ? 'built' : 'from source'}, ready on an existing database: ${figure(readySeconds, 2)} s (${verdict(readySeconds, limits.readySeconds, readySeconds < limits.readySeconds)})`,
    `resident when idle: ${figure(idleMiB, 0)} MiB (${verdict(idleMiB, limits.idleMiB, idleMiB < limits.idleMiB)})`,
  ].join('\n')
  return { readySeconds, idleMiB, text }
}

function machine(): string {
  const tmpfs = 0x01021994
  const disk = statfsSync(folder).type === tmpfs ? 'in memory (set TMPDIR to a real disk: here a sync costs nothing)' : 'on disk'
  const where = pinned ? 'server and load pinned to a core each' : 'not pinned'
  return `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${where}, database ${disk}`
}

function eachRate(list: readonly Measured[]): string {
  return list.map((it) => `${whole(rate(it))} `).join('')
}

function whole(value: number): string {
  return figure(value, 0)
}

function positive(name: 'seconds' | 'rounds' | 'kills' | 'clients' | 'after'): number {
  const value = Number(options[name])
  if (!(value > 0)) quit(2, `--${name} must be a positive number\n`)
  return value
}

function quit(code: number, text: string): never {
  ;(code === 0 ? process.stdout : process.stderr).write(text)
  process.exit(code)
}
