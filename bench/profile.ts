/** The functions of a V8 processor profile by self time. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { aligned, figure } from './table.ts'

interface Profile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  /** By the monotonic clock, in microseconds. */
  readonly startTime: number
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

/** The `count` functions with most self time between two moments of the monotonic clock (microseconds), as a table. */
export function topFunctions(folder: string, from: number, to: number, count: number): string {
  const profile = JSON.parse(readFileSync(largestFile(folder), 'utf8')) as Profile
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, place(callFrame)]))
  const spent = new Map<string, number>()
  let now = profile.startTime
  let total = 0
  profile.samples.forEach((node, at) => {
    const delta = profile.timeDeltas[at] ?? 0
    now += delta
    if (now < from || now > to) return
    const name = places.get(node) ?? ''
    spent.set(name, (spent.get(name) ?? 0) + delta)
    total += delta
  })
  const top = [...spent].sort(([, a], [, b]) => b - a).slice(0, count)
  const rows = top.map(([name, time]) => [name, figure(time / 1000, 1), `${figure((time / total) * 100, 1)}%`])
  return aligned([['function', 'self ms', 'share'], ...rows])
}

function place({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/(src|bench)\//, '$1/')
  return `${functionName || '(anonymous)'}${file && ` ${file}:${lineNumber + 1}`}`
}

/** Each thread writes its own profile; that of the main thread is the largest. */
function largestFile(folder: string): string {
  const files = readdirSync(folder).map((name) => join(folder, name))
  const [largest] = files.sort((a, b) => statSync(b).size - statSync(a).size)
  if (!largest) throw new Error('the server left no profile')
  return largest
}
