import { readFileSync } from 'node:fs'
import { type ErrorCode, LineCounter, parseDocument } from 'yaml'

export type FileContent = { readonly tree: Readonly<Record<string, unknown>> } | { readonly problems: readonly string[] }

/**
 * Reads a YAML file into plain values. Problems have the name of the file as given and the line. They quote nothing, because the text may
 * contain secrets.
 */
export function readConfigFile(path: string, calledAs: string): FileContent {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { problems: [`${calledAs}: ${whyUnreadable((error as NodeJS.ErrnoException).code)}`] }
  }
  return parse(text, calledAs)
}

function whyUnreadable(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file; name an existing one with -c'
  if (code === 'EISDIR') return 'is a folder; name a file with -c'
  return `cannot be read (${code}); give this process read access`
}

function parse(text: string, calledAs: string): FileContent {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error', uniqueKeys: true })
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0)
    return { problems: faults.map(({ code, pos }) => `${calledAs}: line ${lines.linePos(pos[0]).line} ${fault(code)}`) }
  try {
    const tree: unknown = document.toJS() ?? {}
    return isMapping(tree) ? { tree } : { problems: [`${calledAs}: is not a mapping of settings; write lines such as "dev: true"`] }
  } catch {
    return { problems: [`${calledAs}: has an alias (*) without its anchor (&), or too many; write the values out`] }
  }
}

function fault(code: ErrorCode): string {
  if (code === 'DUPLICATE_KEY') return 'repeats a key; write each key once'
  if (code === 'MULTIPLE_DOCS') return 'begins a second document; write one only'
  if (code === 'TAB_AS_INDENT') return 'is indented with a tab; use spaces'
  if (code === 'TAG_RESOLVE_FAILED') return 'has an unknown tag; remove the word after !'
  return `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')}); check its indentation, quotes and brackets`
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
