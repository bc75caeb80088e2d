/** Makes the printed table from the rounds of each case: medians, and ratios of rounds next to each other in time. */
import type { Measured } from './load.ts'

export interface Rounds {
  readonly name: string
  readonly server: readonly Measured[]
  readonly baseline: readonly Measured[]
  /** The other measured programs that support the case. */
  readonly others: readonly { readonly name: string; readonly rounds: Measured[] }[]
}

/** Above this part of its window the load hardly waited: it, not the server, may have been the bottleneck. */
const busy = 0.9

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return (low + high) / 2
}

export const rate = (round: Measured) => round.count / ((round.to - round.from) / 1e6)
const cpu = (round: Measured) => ((round.cpuSeconds ?? Number.NaN) / round.count) * 1000

/** Each round of the server divided by the baseline's round next to it in time: other work on the machine slows both. */
const ratio = (server: readonly Measured[], beside: readonly Measured[]) =>
  median(server.map((round, at) => rate(round) / (beside[at] ? rate(beside[at]) : Number.NaN)))

export function summary(rounds: Rounds, targetOf: (name: string) => number) {
  const { name, server, baseline, others } = rounds
  const of = (list: readonly Measured[]) => ({
    perSecond: median(list.map(rate)),
    p50Ms: median(list.map((it) => it.p50Ms)),
    p99Ms: median(list.map((it) => it.p99Ms)),
    cpuSecondsPer1000: median(list.map(cpu)),
    rssMiB: median(list.map((it) => it.rssMiB ?? Number.NaN)),
    loadBusy: median(list.map((it) => it.loadBusy)),
  })
  return {
    name,
    server: of(server),
    baseline: of(baseline),
    ratio: ratio(server, baseline),
    target: targetOf(name),
    others: others.map((other) => ({ name: other.name, ...of(other.rounds), ratio: ratio(server, other.rounds) })),
  }
}

export type Summary = ReturnType<typeof summary>

/** The table of the other measured programs. */
export function othersTable(summaries: readonly Summary[], targetOf: (name: string, other: string) => number | undefined): string {
  const rows = summaries.flatMap(({ name, others }) =>
    others.map((other) => {
      const target = targetOf(name, other.name)
      const aim = target === undefined ? '' : verdict(other.ratio, target, other.ratio >= target)
      return [name, other.name, perSecond(other), figure(other.p99Ms, 2), figure(other.cpuSecondsPer1000, 3), figure(other.ratio, 2), aim]
    }),
  )
  return rows.length === 0 ? '' : aligned([['case', 'beside it', 'per s', 'p99 ms', 'CPU s/1k', 'server ÷ it', 'target'], ...rows])
}

const heads = ['case', 'per s', 'p50 ms', 'p99 ms', 'CPU s/1k', 'RSS MiB', 'baseline per s', 'baseline CPU s/1k', 'ratio', 'target']

export function table(summaries: readonly Summary[]): string {
  const rows = summaries.map(({ name, server, baseline, ratio, target }) => [
    name,
    perSecond(server),
    figure(server.p50Ms, 2),
    figure(server.p99Ms, 2),
    figure(server.cpuSecondsPer1000, 3),
    figure(server.rssMiB, 0),
    perSecond(baseline),
    figure(baseline.cpuSecondsPer1000, 3),
    figure(ratio, 2),
    verdict(ratio, target, ratio >= target),
  ])
  const notes = summaries.some(({ server, baseline }) => Math.max(server.loadBusy || 0, baseline.loadBusy || 0) > busy)
    ? '\n* the load processed responses for more than 90% of the time: the server may be faster than shown, so compare CPU s/1k\n'
    : ''
  return aligned([heads, ...rows]) + notes
}

export const verdict = (value: number, target: number, met: boolean): string =>
  Number.isFinite(value) ? `${target} ${met ? 'met' : 'MISSED'}` : '-'

function perSecond({ perSecond, loadBusy }: { perSecond: number; loadBusy: number }): string {
  return figure(perSecond, 0) + (loadBusy > busy ? '*' : ' ')
}

export const figure = (value: number, digits: number): string =>
  Number.isNaN(value) ? '-' : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')
  return `${rows.map(line).join('\n')}\n`
}
