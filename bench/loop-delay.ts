/**
 * Measures the delay of a server's event loop. `node --import` loads this file into the server; at SIGUSR2 the server writes the delays
 * since the last signal to `loop-delay.json` in its working folder. The bench reads them with `readDelays`.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds. */
export interface Delays {
  readonly p999: number
  readonly max: number
}

/** Milliseconds between two samples. Node includes them in each delay, so they are subtracted. */
const interval = 10
const name = 'loop-delay.json'
export const nodeOptions = `--import=${import.meta.url}`

/** How long an overloaded process may take to answer, in milliseconds. */
const timeout = 120_000

/** Undefined where the process ends before it answers, or takes too long. */
export async function readDelays({
  pid,
  ended,
  folder,
}: {
  pid: number
  ended: Promise<unknown>
  folder: string
}): Promise<Delays | undefined> {
  const file = join(folder, name)
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  rmSync(file, { force: true })
  await new Promise((resolve) => setImmediate(resolve))
  if (isOver) return undefined
  process.kill(pid, 'SIGUSR2')
  for (const until = Date.now() + timeout; !isOver && Date.now() < until; ) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Delays
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return undefined
}

if (process.argv[2] === 'serve') {
  const delays = monitorEventLoopDelay({ resolution: interval })
  const milliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - interval)
  delays.enable()
  process.on('SIGUSR2', () => {
    writeFileSync(`${name}.new`, JSON.stringify({ p999: milliseconds(delays.percentile(99.9)), max: milliseconds(delays.max) }))
    renameSync(`${name}.new`, name)
    delays.reset()
  })
}
