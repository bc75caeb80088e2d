import { posix } from 'node:path'
import { computed, type Import, readSource, type Source, type Token } from './source.ts'

/**
 * The plan of the house (`README.md`, "The plan"), as data: imports go down it, never up and never sideways. A room may import
 * what stands in its row; what is no row is no room.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli', 'app.ts', 'config', 'lib'],
  cli: ['app.ts', 'config', 'lib'],
  'app.ts': ['live-settings.ts', 'config', 'http', 'jobs', 'storage', 'telemetry', 'core', 'protocol', 'lib'],
  'live-settings.ts': ['config', 'http', 'core', 'protocol', 'lib'],
  config: ['protocol', 'lib'],
  http: ['core', 'protocol', 'lib'],
  jobs: ['core', 'protocol', 'lib'],
  storage: ['core', 'protocol', 'lib'],
  telemetry: ['lib'],
  core: ['protocol', 'lib'],
  protocol: ['lib'],
  lib: [],
}

/** Of these a room wants the types only: it keeps promises and makes no decisions. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { storage: ['core', 'protocol'] }

/** The rooms inside `core/`: each may import those listed after it. */
const coreRooms = ['registration', 'grants', 'authorization', 'sessions', 'tokens', 'clients', 'policies', 'keys', 'limits', 'audit']

/** Packages that have one door. */
const doors: readonly { readonly packages: RegExp; readonly rooms: readonly string[] }[] = [
  { packages: /^(kysely|node:sqlite|pg)(\/|$)/, rooms: ['storage'] },
  { packages: /^(fastify$|@fastify\/)/, rooms: ['http'] },
]

/** Rooms where we only know and decide: no network, no files, no wall clock, no chance. */
const pureRooms = ['core', 'protocol']
const impurePackages =
  /^(node:(http2?|https|net|tls|dgram|dns|fs|sqlite|child_process|worker_threads|cluster|process|os)|pino|prom-client|undici)(\/|$)/

const environmentRooms = ['config', 'main.ts']

const wordsToDoWithout = /^(helpers?|utils?|common|managers?|base|misc)$/
const fileName = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/

/** Source files by their path from the root of the project, with `/` between folders. */
export type Tree = ReadonlyMap<string, string>

/** Everything in which `tree` departs from the plan, one line each; the files of `entries` are reached by a command of their own. */
export function departures(tree: Tree, entries: readonly string[] = []): string[] {
  const faults: string[] = []
  const reached = new Map<string, string[]>()
  for (const [path, text] of tree) {
    faults.push(...nameFaults(path))
    if (!path.startsWith('src/')) continue
    const source = readSource(text)
    faults.push(...placeFaults(path), ...contentFaults(path, source))
    for (const item of source.imports) faults.push(...importFaults(path, item))
    reached.set(
      path,
      source.imports.map((item) => target(path, item.specifier)),
    )
  }
  return [...faults, ...unreachable(reached, entries)]
}

function nameFaults(path: string): string[] {
  const faults = path
    .split('/')
    .filter((name) => name.split(/[-.]/).some((part) => wordsToDoWithout.test(part)))
    .map((name) => `${path}: ${name} is a name to do without`)
  return fileName.test(posix.basename(path)) ? faults : [...faults, `${path}: file names are written in kebab-case`]
}

function placeFaults(path: string): string[] {
  const room = roomOf(path)
  if (rooms[room] === undefined) return [`${path}: ${room} is no room of the plan`]
  const inner = path.split('/')[2] ?? ''
  if (room === 'core' && !coreRooms.includes(inner)) return [`${path}: ${inner} is no room inside core/`]
  return []
}

function importFaults(path: string, { specifier, typeOnly }: Import): string[] {
  const fault = (why: string): string[] => [`${path} → ${specifier}: ${why}`]
  if (specifier === computed) return fault('an import says what it imports')
  if (/^(#|\/|file:|data:|https?:|clientele(\/|$))/.test(specifier)) return fault('our own files are imported by their relative path')
  return specifier.startsWith('.') ? insideFaults(path, specifier, typeOnly, fault) : packageFaults(path, specifier, fault)
}

type Fault = (why: string) => string[]

function insideFaults(path: string, specifier: string, typeOnly: boolean, fault: Fault): string[] {
  const to = target(path, specifier)
  if (!to.startsWith('src/')) {
    if (to === 'package.json' || (isTest(path) && to.startsWith('test/support/'))) return []
    return fault('src/ imports nothing from outside itself')
  }
  if (isTest(to)) return fault('a test is not imported')
  const [from, down] = [roomOf(path), roomOf(to)]
  if (from === down) return from === 'core' ? coreFaults(path, to, fault) : []
  if (!rooms[from]?.includes(down)) return fault(`${from} may not import ${down}`)
  if (typesOnly[from]?.includes(down) && !typeOnly && !isTest(path)) return fault(`${from} imports only types of ${down} (import type)`)
  return []
}

function coreFaults(path: string, to: string, fault: Fault): string[] {
  const [from, down] = [path, to].map((file) => file.split('/')[2] ?? '') as [string, string]
  return coreRooms.indexOf(down) < coreRooms.indexOf(from) ? fault(`inside core/, ${from} stands below ${down}`) : []
}

function packageFaults(path: string, specifier: string, fault: Fault): string[] {
  const room = roomOf(path)
  const pure = pureRooms.includes(room) && impurePackages.test(specifier) ? fault(`${room} has no I/O`) : []
  const closed = doors.filter((door) => door.packages.test(specifier) && !door.rooms.includes(room))
  return [...pure, ...closed.flatMap((door) => fault(`only ${door.rooms.join(', ')} may import it`))]
}

function contentFaults(path: string, { tokens }: Source): string[] {
  const room = roomOf(path)
  const faults: string[] = []
  const fault = (why: string): void => void faults.push(`${path}: ${why}`)
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || tokens[at - 1]?.text === '.') return
    const following = text(tokens, at + 1, 3)
    if (token.text === 'export' && tokens[at + 1]?.text === 'default') fault('exports have names')
    if (isTest(path)) return
    if (readsEnvironment(token, tokens, at) && !environmentRooms.includes(room)) fault('only config/ and main.ts read process.env')
    if (!pureRooms.includes(room)) return
    if (token.text === 'Date' && readsClock(tokens, at)) fault(`${room} is told the time`)
    if (token.text === 'performance' && following.startsWith('.now')) fault(`${room} is told the time`)
    if (token.text === 'Math' && following.startsWith('.random')) fault(`${room} is handed its randomness`)
    if (/^(randomBytes|randomUUIDv?\d*|randomInt|randomFill(Sync)?|getRandomValues)$/.test(token.text))
      fault(`${room} is handed its randomness`)
  })
  return faults
}

const text = (tokens: readonly Token[], at: number, count: number): string =>
  tokens
    .slice(at, at + count)
    .map((token) => token.text)
    .join('')

/** `process.env`, `process['env']`, `const { env } = process`, `import { env } from 'node:process'`. */
function readsEnvironment(token: Token, tokens: readonly Token[], at: number): boolean {
  if (token.text === 'from') return tokens[at + 1]?.text === `'node:process'`
  if (token.text !== 'process') return false
  const next = tokens[at + 1]?.text ?? ''
  if (['.', '?.'].includes(next)) return tokens[at + 2]?.text === 'env'
  return next === '[' || (tokens[at - 1]?.text === '=' && tokens[at - 2]?.text === '}')
}

/** `Date.now`, `new Date()`, `new Date`, `Date()`; not `new Date(milliseconds)`, nor the type `Date`. */
function readsClock(tokens: readonly Token[], at: number): boolean {
  const following = text(tokens, at + 1, 2)
  const made = tokens[at - 1]?.text === 'new'
  return following === '.now' || following === '()' || (made && !following.startsWith('('))
}

function unreachable(graph: ReadonlyMap<string, readonly string[]>, entries: readonly string[]): string[] {
  const roots = ['src/main.ts', ...entries].filter((path) => graph.has(path))
  // Before the house is wired, everything is unreachable.
  if (!graph.has('src/main.ts') || !graph.has('src/app.ts')) return []
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    graph.get(path)?.forEach(visit)
  }
  roots.forEach(visit)
  return [...graph.keys()].filter((path) => !isTest(path) && !seen.has(path)).map((path) => `${path}: nothing that runs imports it`)
}

const isTest = (path: string): boolean => path.endsWith('.test.ts')

/** The room a file of `src/` is in; a file at its root is a floor of its own, and its test stands beside it. */
const roomOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.test\.ts$/, '.ts')

const target = (path: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
