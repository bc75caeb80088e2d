/** Why a text was not taken as JSON: said to the caller, so it quotes nothing of the text. */
export class InvalidJson extends Error {
  override name = 'InvalidJson'
}

export interface JsonLimits {
  /** How deep objects and arrays may nest. */
  readonly depth: number
  /** How many elements one array, or members one object, may have. */
  readonly width: number
}

/**
 * Reads JSON as `JSON.parse` does, and refuses what it lets through silently: duplicate members (RFC 8259 §4 leaves their meaning
 * open, so two readers could understand two things) and shapes that are only there to cost time.
 *
 * @throws InvalidJson with a sentence for the caller
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidJson('the body is not valid JSON')
  }
  checkShape(text, limits)
  // Only an escape can bring in what is no character; a body that has been decoded as UTF-8 holds nothing of the kind.
  if (text.includes('\\u')) checkCharacters(value)
  return value
}

/** NUL and halves of surrogate pairs cannot be stored everywhere, and two readers would make two things of them (RFC 8259 §8.2). */
function checkCharacters(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) throw new InvalidJson('a text in the body holds a NUL or half of a surrogate pair')
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      checkCharacters(name)
      checkCharacters(member)
    }
  }
}

interface Frame {
  /** The members seen so far; null in an array. */
  readonly members: Set<string> | null
  count: number
}

/** Walks a text that is known to be valid JSON: only strings, brackets, commas and colons matter. */
function checkShape(text: string, limits: JsonLimits): void {
  const open: Frame[] = []
  let lastString = ''
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at)
        lastString = text.slice(at, end + 1)
        at = end
        break
      }
      case 0x7b:
      case 0x5b: {
        if (open.length === limits.depth) throw new InvalidJson(`the body nests deeper than ${limits.depth} levels`)
        open.push({ members: text[at] === '{' ? new Set() : null, count: 1 })
        break
      }
      case 0x7d:
      case 0x5d:
        open.pop()
        break
      case 0x2c: {
        const frame = open.at(-1)
        if (frame && ++frame.count > limits.width)
          throw new InvalidJson(`an array or object in the body has more than ${limits.width} entries`)
        break
      }
      case 0x3a: {
        const name = lastString.includes('\\') ? (JSON.parse(lastString) as string) : lastString.slice(1, -1)
        const members = open.at(-1)?.members
        if (members?.has(name)) throw new InvalidJson('an object in the body has the same member twice')
        members?.add(name)
        break
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}
