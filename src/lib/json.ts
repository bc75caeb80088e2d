/** Why a text was refused as JSON. The message is sent to the caller and quotes nothing of the text. */
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
 * Parses JSON as `JSON.parse`, and also refuses duplicate members (RFC 8259 §4 leaves their meaning open, so two parsers could disagree)
 * and excessive depth or width.
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
  return value
}

interface Frame {
  /** The members seen so far; null in an array. */
  readonly members: Set<string> | null
  count: number
}

/** Scans a valid JSON text, in which only strings, brackets, commas and colons matter. */
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
