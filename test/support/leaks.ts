import { appendFileSync, createReadStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Searches the logs of all servers for secrets that tests received. Servers under test write their log to
 * `serverLog(name)`, clients pass received secrets to `recordSecrets`, and `test/run.ts` searches when all tests have ended.
 */
export interface Leak {
  readonly file: string
  readonly line: number
  /** The log line, with every secret in it masked. */
  readonly text: string
}

export interface Search {
  readonly leaks: readonly Leak[]
  readonly logs: number
  readonly lines: number
  readonly secrets: number
}

/** Shorter secrets, or those with fewer distinct characters, are chosen words or padding, which also occur elsewhere. */
const shortest = 12
const fewest = 5

/** The folder with this run's logs and secrets; undefined when a test file runs by itself. */
export const traceFolder = (): string | undefined => process.env.CLIENTELE_TEST_TRACE || undefined

/** The file to which a server under test appends its log; undefined when it will not be searched. */
export function serverLog(name: string): string | undefined {
  const folder = partOfTrace('logs')
  return folder && join(folder, `${name}-${process.pid}.log`)
}

/** Records secrets, tokens or codes that a server issued in a test. Each is one line, so it must not contain a line break. */
export function recordSecrets(...secrets: readonly string[]): void {
  const folder = partOfTrace('secrets')
  if (folder && secrets.length > 0) appendFileSync(join(folder, `${process.pid}.txt`), secrets.map((secret) => `${secret}\n`).join(''))
}

function partOfTrace(part: 'logs' | 'secrets'): string | undefined {
  const trace = traceFolder()
  if (trace === undefined) return undefined
  const folder = join(trace, part)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Searches every line of every log below `trace` for every recorded secret. */
export async function searchTrace(trace: string): Promise<Search> {
  const secrets = readSecrets(join(trace, 'secrets'))
  const find = finder(secrets)
  const logs = filesIn(join(trace, 'logs'), '.log')
  const leaks: Leak[] = []
  let lines = 0
  for (const file of logs) {
    let line = 0
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      const found = find(text)
      if (found.length > 0) leaks.push({ file, line, text: mask(text, found) })
    }
    lines += line
  }
  return { leaks, logs: logs.length, lines, secrets: secrets.size }
}

/** Why a search without findings proves nothing; undefined when it does. */
export function emptiness(search: Search): string | undefined {
  if (search.logs > 0 && search.secrets === 0) return 'servers ran, but no test recorded a secret: the search of the logs proves nothing'
  if (search.secrets > 0 && search.lines === 0)
    return 'secrets were recorded, but no server wrote a log line: the search of the logs proves nothing'
  return undefined
}

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
}

function readSecrets(folder: string): Set<string> {
  const lines = filesIn(folder, '.txt').flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  return new Set(lines.map((line) => line.trim()).filter((line) => line.length >= shortest && new Set(line).size >= fewest))
}

const secretCharacters = /[\w.~-]{12,}/g
const base64 = /[\w+/-]{16,}={0,2}/g

/**
 * Returns a function that finds secrets in a line: plain, percent-encoded, or inside base64 (`Authorization: Basic`).
 * The suite has tens of thousands of secrets and lines, so it does not try each secret on each line. It takes the runs of characters that
 * occur in secrets and looks up each part of a run that is as long as a secret.
 */
function finder(secrets: ReadonlySet<string>): (line: string) => string[] {
  const plain = [...secrets].filter((secret) => secret.match(secretCharacters)?.[0] === secret)
  const known = new Set(plain)
  const lengths = [...new Set(plain.map((secret) => secret.length))]
  const others = [...secrets].filter((secret) => !known.has(secret))

  const inRuns = (text: string): string[] => {
    const found = others.filter((secret) => text.includes(secret))
    for (const [run] of text.matchAll(secretCharacters))
      for (const length of lengths)
        for (let at = 0; at + length <= run.length; at++) {
          const stretch = run.slice(at, at + length)
          if (known.has(stretch)) found.push(stretch)
        }
    return found
  }

  return (line) => {
    const found = inRuns(line)
    if (line.includes('%')) found.push(...inRuns(percentDecoded(line)))
    // RFC 6749 §2.3.1: id and secret are form-encoded in Basic credentials.
    for (const [run] of line.matchAll(base64))
      if (inRuns(percentDecoded(Buffer.from(run, 'base64').toString('latin1'))).length > 0) found.push(run)
    return [...new Set(found)]
  }
}

const percentDecoded = (text: string): string =>
  text.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Masks secrets except their first characters, which show the kind. */
function mask(line: string, secrets: readonly string[]): string {
  const readable = secrets.every((secret) => line.includes(secret)) ? line : percentDecoded(line)
  return secrets.reduce((text, secret) => text.replaceAll(secret, `${secret.slice(0, 7)}…[${secret.length} characters]`), readable)
}
