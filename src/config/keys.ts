import { schema } from './schema.ts'
import type { Leaf } from './setting.ts'

export interface Setting {
  /** As in YAML, with dots: `serve.public.port`. */
  readonly key: string
  /** The environment variable: `SERVE_PUBLIC_PORT`. */
  readonly variable: string
  readonly leaf: Leaf
}

interface Group {
  readonly properties: Readonly<Record<string, Group | Leaf>>
}

const isGroup = (node: Group | Leaf): node is Group => !('status' in node)

function collect(node: Group, path: string, found: Map<string, Setting>, groups: Set<string>): void {
  for (const [name, child] of Object.entries(node.properties)) {
    const key = path === '' ? name : `${path}.${name}`
    if (!isGroup(child)) found.set(key, { key, variable: key.toUpperCase().replaceAll('.', '_'), leaf: child })
    else collect(child, key, found, groups.add(key))
  }
}

const found = new Map<string, Setting>()
const groupKeys = new Set<string>()
collect(schema as unknown as Group, '', found, groupKeys)

/** Every setting by its key, in the order of the schema. */
export const settings: ReadonlyMap<string, Setting> = found

/** Every key of a group of settings: `serve`, `serve.public`… */
export const groups: ReadonlySet<string> = groupKeys

/** The nearest known key: the one with the fewest edits, or with the same last word. */
export function nearestKey(unknown: string): string {
  const lastWord = unknown.slice(unknown.lastIndexOf('.') + 1)
  let nearest = { key: '', cost: Number.POSITIVE_INFINITY }
  for (const key of [...settings.keys(), ...groups]) {
    const moved = key.endsWith(`.${lastWord}`) ? 2.5 : Number.POSITIVE_INFINITY
    const cost = Math.min(editDistance(unknown, key), moved)
    if (cost < nearest.cost) nearest = { key, cost }
  }
  return nearest.key
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = last
    last = current
  }
  return last[b.length] ?? 0
}
