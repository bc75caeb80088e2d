/** Processor time and memory of a process. */
import { readFileSync } from 'node:fs'

export interface Usage {
  /** User and system time of all its threads, in seconds, in steps of 0.01. */
  readonly cpuSeconds: number
  /** Resident memory. */
  readonly rssMiB: number
}

/** Linux counts processor time in hundredths of a second on every architecture we run on. */
const ticksPerSecond = 100

/** From /proc; undefined on a system without it, or after the process has ended. */
export function usage(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, rssMiB: Number(kibibytes) / 1024 }
  } catch {
    return undefined
  }
}
