/** What the check of the module layout needs from a source file, read from its tokens without a compiler. */
export interface Source {
  readonly imports: readonly Import[]
  /** The tokens, without comments. */
  readonly tokens: readonly Token[]
}

export interface Import {
  readonly specifier: string
  /** `import type …` and `export type …`, which do not exist at run time. */
  readonly typeOnly: boolean
}

export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'regex' | 'sign'
  readonly text: string
}

/** The specifier of an import whose target is computed: `import(name)`. */
export const computed = '(computed)'

export function readSource(text: string): Source {
  const tokens = tokenize(text)
  return { tokens, imports: findImports(tokens) }
}

function findImports(tokens: readonly Token[]): Import[] {
  const imports: Import[] = []
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || isMember(tokens, at)) return
    if (token.text === 'import' || token.text === 'require') imports.push(...called(tokens, at))
    if (token.text === 'import' || token.text === 'export') imports.push(...declared(tokens, at))
    if (token.text === 'URL') imports.push(...located(tokens, at))
  })
  return imports
}

/** `a.import` and `{ import: … }` are names, not keywords. */
const isMember = (tokens: readonly Token[], at: number): boolean =>
  ['.', '?.'].includes(tokens[at - 1]?.text ?? '') || tokens[at + 1]?.text === ':'

/** `import('…')`, `require('…')`. */
function called(tokens: readonly Token[], at: number): Import[] {
  if (tokens[at + 1]?.text !== '(') return []
  const argument = tokens[at + 2]
  const literal = argument?.kind === 'string' && [')', ','].includes(tokens[at + 3]?.text ?? '')
  return [{ specifier: literal ? unquoted(argument) : computed, typeOnly: false }]
}

/** `new URL('./worker.ts', import.meta.url)`: the file is loaded at run time. */
function located(tokens: readonly Token[], at: number): Import[] {
  const argument = tokens[at + 2]
  if (tokens[at + 1]?.text !== '(' || argument?.kind !== 'string') return []
  const specifier = unquoted(argument)
  return /^\..*\.[jt]s$/.test(specifier) ? [{ specifier, typeOnly: false }] : []
}

/** `import x from '…'`, `import '…'`, `export * from '…'`, `export { x } from '…'`, each with or without `type`. */
function declared(tokens: readonly Token[], at: number): Import[] {
  const first = tokens[at + 1]
  if (first?.kind === 'string') return [{ specifier: unquoted(first), typeOnly: false }]
  const afterType = tokens[at + 2]?.text ?? ''
  const typeOnly = first?.text === 'type' && afterType !== ',' && (afterType !== 'from' || tokens[at + 3]?.text === 'from')
  let next = at + (typeOnly ? 2 : 1)
  if (tokens[at]?.text === 'export' && !['{', '*'].includes(tokens[next]?.text ?? '')) return []
  for (let depth = 0; next < tokens.length; next++) {
    const { text, kind } = tokens[next] as Token
    if (text === '{') depth++
    if (text === '}') depth--
    if (depth > 0) continue
    if (text === 'from' && tokens[next + 1]?.kind === 'string') return [{ specifier: unquoted(tokens[next + 1] as Token), typeOnly }]
    if (!['}', '*', ','].includes(text) && kind !== 'word') return []
    if (text === '}' && tokens[next + 1]?.text !== 'from') return []
  }
  return []
}

const unquoted = (token: Token): string => token.text.slice(1, -1)

const blank = /\s+|\/\/.*|\/\*[\s\S]*?\*\//y
const word = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy
const string = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y
const number = /\d[\w.]*/y
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y
const templatePart = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y
const sign = /\?\.(?!\d)|=>|\.\.\.|[\s\S]/y

/** After one of these a slash is a division; anywhere else it starts a regular expression. */
const operandEnds = new Set([')', ']', '}'])
const operatorWords = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'instanceof',
  'void',
  'delete',
  'throw',
  'new',
  'else',
  'do',
  'await',
  'yield',
])

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  /** For each open `${`, the number of open braces inside it. */
  const templates: number[] = []
  let at = 0

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const take = (kind: Token['kind'], pattern: RegExp): boolean => {
    const found = match(pattern)
    if (found !== undefined) tokens.push({ kind, text: found })
    return found !== undefined
  }
  const template = (): void => {
    tokens.push({ kind: 'template', text: match(templatePart) ?? '' })
    if (text[at] === '`') at++
    else {
      at += 2
      templates.push(0)
    }
  }
  const divides = (): boolean => {
    const last = tokens.at(-1)
    if (last === undefined) return false
    return last.kind === 'sign' ? operandEnds.has(last.text) : !operatorWords.has(last.text)
  }

  while (at < text.length) {
    if (match(blank) !== undefined) continue
    const character = text[at]
    const open = templates.at(-1)
    if (character === '`') {
      at++
      template()
    } else if (character === '}' && open === 0) {
      at++
      templates.pop()
      template()
    } else if (character === '/' && !divides() && take('regex', regex)) {
    } else if (take('string', string) || take('word', word) || take('word', number)) {
    } else {
      if (open !== undefined && character === '{') templates[templates.length - 1] = open + 1
      if (open !== undefined && character === '}') templates[templates.length - 1] = open - 1
      take('sign', sign)
    }
  }
  return tokens
}
