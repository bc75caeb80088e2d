import { posix } from 'node:path'
import { computed, type Import, readSource, type Source, type Token } from './source.ts'

/**
 * The module layout of `docs/explanation/architecture.md` as data: imports go down, never up or sideways. A module may import the modules
 * in its row; a module without a row is not allowed. What a lint rule of Biome can check stands in `biome.json` (decision 0039).
 */
export const modules: Readonly<Record<string, readonly string[]>> = {
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

/** Modules of which only types may be imported. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { storage: ['core', 'protocol'] }

/** The modules inside `core/`: each may import those listed after it. */
export const coreModules = [
  'governance',
  'registration',
  'token-endpoint',
  'authorization',
  'logout',
  'sessions',
  'users',
  'consents',
  'tokens',
  'grants',
  'clients',
  'policies',
  'limits',
  'outbox',
  'keys',
  'audit',
]

/** The modules of endpoints inside `http/`: none may import another. */
export const httpEndpoints = ['oauth', 'admin', 'login-app', 'console', 'openapi']

/** The modules inside `http/` that endpoints share: each may import those listed after it. */
export const httpShared = ['errors', 'html', 'server']

/** Modules that get time and randomness as arguments. */
const pureModules = ['core', 'protocol']

const wordsToDoWithout = /^(helpers?|utils?|common|managers?|base|misc)$/

/** Source files by their path from the root of the project, with `/` between folders. */
export type Tree = ReadonlyMap<string, string>

/** Every violation of the layout in `tree`, one line each. The files of `entries` are started by a script of package.json. */
export function violations(tree: Tree, entries: readonly string[] = []): string[] {
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

const nameFaults = (path: string): string[] =>
  path
    .split('/')
    .filter((name) => name.split(/[-.]/).some((part) => wordsToDoWithout.test(part)))
    .map((name) => `${path}: ${name} is a name to avoid`)

function placeFaults(path: string): string[] {
  const module = moduleOf(path)
  if (modules[module] === undefined) return [`${path}: ${module} is not a module of the layout`]
  const inner = path.split('/')[2] ?? ''
  if (module === 'core' && !coreModules.includes(inner)) return [`${path}: ${inner} is not a module of core/`]
  if (module === 'http' && httpLevel(path) === -1) return [`${path}: ${inner} is not a module of http/`]
  return []
}

function importFaults(path: string, { specifier, typeOnly }: Import): string[] {
  const fault = (why: string): string[] => [`${path} → ${specifier}: ${why}`]
  if (specifier === computed) return fault('the specifier of an import must be a string literal')
  if (/^(#|\/|file:|data:|https?:|clientele(\/|$))/.test(specifier)) return fault('files of this project are imported by relative path')
  return specifier.startsWith('.') ? insideFaults(path, specifier, typeOnly, fault) : []
}

type Fault = (why: string) => string[]

function insideFaults(path: string, specifier: string, typeOnly: boolean, fault: Fault): string[] {
  const to = target(path, specifier)
  if (!to.startsWith('src/')) {
    if (to === 'package.json' || (isTest(path) && to.startsWith('test/support/'))) return []
    return fault('src/ imports nothing outside src/')
  }
  if (isTest(to)) return fault('a test must not be imported')
  const [from, down] = [moduleOf(path), moduleOf(to)]
  if (from === down) return sameLayerFaults(from, path, to, fault)
  if (!modules[from]?.includes(down)) return fault(`${from} may not import ${down}`)
  if (typesOnly[from]?.includes(down) && !typeOnly && !isTest(path)) return fault(`${from} imports only types of ${down} (import type)`)
  return []
}

function sameLayerFaults(layer: string, path: string, to: string, fault: Fault): string[] {
  if (layer === 'core') return coreFaults(path, to, fault)
  return layer === 'http' ? httpFaults(path, to, fault) : []
}

/** 0: the route tables; 1: endpoints; from 2: what endpoints share; -1: unknown. */
function httpLevel(path: string): number {
  const [, , inner = '', file] = path.split('/')
  if (file === undefined || httpEndpoints.includes(inner)) return file === undefined ? 0 : 1
  return httpShared.includes(inner) ? 2 + httpShared.indexOf(inner) : -1
}

function httpFaults(path: string, to: string, fault: Fault): string[] {
  const [from, down] = [path, to].map((file) => file.split('/')[2] ?? '') as [string, string]
  if (from === down || httpLevel(path) < httpLevel(to)) return []
  return fault(`inside http/, ${from} may not import ${down}`)
}

function coreFaults(path: string, to: string, fault: Fault): string[] {
  const [from, down] = [path, to].map((file) => file.split('/')[2] ?? '') as [string, string]
  return coreModules.indexOf(down) < coreModules.indexOf(from) ? fault(`inside core/, ${from} is below ${down}`) : []
}

/** Time and randomness that are not imported. Biome checks the imports. */
function contentFaults(path: string, { tokens }: Source): string[] {
  const module = moduleOf(path)
  if (isTest(path) || !pureModules.includes(module)) return []
  const faults: string[] = []
  const fault = (what: string): void => void faults.push(`${path}: ${module} must get ${what} as an argument`)
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || tokens[at - 1]?.text === '.') return
    const following = text(tokens, at + 1, 3)
    if (token.text === 'Date' && readsClock(tokens, at)) fault('the time')
    if (token.text === 'performance' && following.startsWith('.now')) fault('the time')
    if (token.text === 'Math' && following.startsWith('.random')) fault('randomness')
    if (token.text === 'crypto' && /^\.(randomUUID|getRandomValues)/.test(following)) fault('randomness')
  })
  return faults
}

const text = (tokens: readonly Token[], at: number, count: number): string =>
  tokens
    .slice(at, at + count)
    .map((token) => token.text)
    .join('')

/** `Date.now`, `new Date()`, `new Date`, `Date()`; not `new Date(milliseconds)`, nor the type `Date`. */
function readsClock(tokens: readonly Token[], at: number): boolean {
  const following = text(tokens, at + 1, 2)
  const made = tokens[at - 1]?.text === 'new'
  return following === '.now' || following === '()' || (made && !following.startsWith('('))
}

function unreachable(graph: ReadonlyMap<string, readonly string[]>, entries: readonly string[]): string[] {
  const roots = ['src/main.ts', ...entries].filter((path) => graph.has(path))
  // Without an entry point everything is unreachable.
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

/** The module of a file in `src/`. A file at the root of `src/` is a module of its own, together with its test. */
const moduleOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.test\.ts$/, '.ts')

const target = (path: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
