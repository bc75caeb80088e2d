import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { serverLog } from './leaks.ts'

const launcher = resolve(import.meta.dirname, '../../bin/clientele')

/** Milliseconds until a wait for the program fails. */
const timeoutMs = 60_000

export type LogLine = Readonly<Record<string, unknown>>

/** A run of the program, started with the launcher as by an operator. */
export interface Program {
  readonly child: ChildProcess
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Its output so far, standard output and standard error. */
  output(): string
  /** The next JSON log line with this message, existing or future; each is returned once. */
  next(message: string): Promise<LogLine>
  /** Resolves when the output matches; rejects with the output if the program ends first. */
  said(pattern: RegExp): Promise<string>
}

interface Where {
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  /** Its standard input. */
  readonly input?: string
}

/** Runs a command of the program until it ends. */
export async function runCommand(args: readonly string[], options: Where): Promise<{ code: number | NodeJS.Signals; output: string }> {
  const child = startProgram(args, options)
  const tooLong = setTimeout(() => child.child.kill('SIGKILL'), timeoutMs)
  const code = await child.ended
  clearTimeout(tooLong)
  return { code, output: child.output() }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'clientele-test-'))

/** Starts the program and keeps its output. It gets only the variables for programs and caches of this process's environment. */
export function startProgram(args: readonly string[], { folder, env = {}, input }: Where): Program {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(launcher, [...args], { cwd: folder, env: { PATH, HOME, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  // The output of other commands is not a log: `generate` prints a token.
  const log = args[0] === 'serve' ? serverLog('program') : undefined
  let output = ''
  const wake = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (log) appendFileSync(log, text)
      for (const look of wake) look()
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  const lines = () => output.split('\n').flatMap(parsed)
  const given = new Map<string, number>()

  const until = <T>(look: () => T | undefined, what: string): Promise<T> =>
    new Promise((found, lost) => {
      const finish = () => {
        clearTimeout(timer)
        wake.delete(again)
      }
      const again = () => {
        const seen = look()
        if (seen === undefined) return
        finish()
        found(seen)
      }
      const give = (why: string) => {
        finish()
        lost(new Error(`${what}: ${why}; it wrote\n${output}`))
      }
      const timer = setTimeout(() => give(`not within ${timeoutMs / 1000} s`), timeoutMs)
      wake.add(again)
      void ended.then((code) => {
        again()
        give(`the process ended with ${code}`)
      })
      again()
    })

  return {
    child,
    ended,
    output: () => output,
    next(message: string) {
      const before = given.get(message) ?? 0
      given.set(message, before + 1)
      return until(() => lines().filter(({ msg }) => msg === message)[before], `no ${before > 0 ? 'further ' : ''}log line '${message}'`)
    },
    said: (pattern: RegExp) => until(() => pattern.exec(output)?.[0], `nothing said like ${pattern}`),
  }
}

function parsed(line: string): LogLine[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}
