import jsonPatch, { type Operation } from 'fast-json-patch'
import { quote } from './problem.ts'

/** Paths that Hydra denies, in any letter case. */
const denied = /^\/(id|client_id|rotatedsecrets\w*)(\/|$)/i
const mostOperations = 1_000
/** How deep the patched document may be, as deep as an administrator's JSON. */
const deepest = 64

/**
 * Applies a JSON Patch (RFC 6902) to a copy of `document`, with Hydra's two kindnesses: `replace` of a missing member adds it, and
 * `add` makes the objects on its way. `move` and `copy` are not taken, as in Hydra.
 *
 * @returns the patched document, or a sentence that says what is wrong with the patch
 */
export function applyPatch(document: Record<string, unknown>, patch: unknown): Record<string, unknown> | string {
  if (!Array.isArray(patch)) return 'a JSON Patch is an array of operations'
  if (patch.length > mostOperations) return `a JSON Patch may have at most ${mostOperations} operations`
  let patched: unknown = structuredClone(document)
  for (const [at, operation] of patch.entries()) {
    const fault = operationFault(operation)
    if (fault !== undefined) return `operation ${at}: ${fault}`
    try {
      patched = jsonPatch.applyOperation(patched, prepared(patched, operation as Operation), true, true, true, at).newDocument
    } catch (error) {
      return `operation ${at}: ${reason(error)}`
    }
  }
  if (isDeeperThan(deepest, patched)) return `the patch leaves a document deeper than ${deepest} levels`
  const isObject = typeof patched === 'object' && patched !== null && !Array.isArray(patched)
  return isObject ? (patched as Record<string, unknown>) : 'the patch leaves no JSON object'
}

function operationFault(operation: unknown): string | undefined {
  if (typeof operation !== 'object' || operation === null) return 'is not an object'
  const { op, path } = operation as Record<string, unknown>
  if (typeof op !== 'string' || !['add', 'remove', 'replace', 'test'].includes(op)) return 'op must be add, remove, replace or test'
  if (typeof path !== 'string') return 'path must be a JSON Pointer'
  return denied.test(path) ? `${quote(path)} cannot be patched` : undefined
}

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part)))

/** Hydra's kindnesses, said in plain RFC 6902. */
function prepared(document: unknown, operation: Operation): Operation {
  if (operation.op !== 'add' && operation.op !== 'replace') return operation
  const words = operation.path.split('/').slice(1)
  let parent = document as Record<string, unknown> | undefined
  for (const word of words.slice(0, -1).map(unescapePointer)) {
    if (typeof parent !== 'object' || parent === null || word === '__proto__') return operation
    if (!Object.hasOwn(parent, word) && operation.op === 'add' && !Array.isArray(parent)) parent[word] = {}
    parent = Object.hasOwn(parent, word) ? (parent[word] as Record<string, unknown>) : undefined
  }
  const last = unescapePointer(words.at(-1) ?? '')
  const isMissing =
    words.length > 0 && typeof parent === 'object' && parent !== null && !Array.isArray(parent) && !Object.hasOwn(parent, last)
  return operation.op === 'replace' && isMissing ? { ...operation, op: 'add' } : operation
}

const unescapePointer = (word: string): string => word.replaceAll('~1', '/').replaceAll('~0', '~')

/** The library's own name for what is wrong; its messages quote the whole document. */
function reason(error: unknown): string {
  const name = (error as { name?: unknown }).name
  return typeof name === 'string' ? name.toLowerCase().replaceAll('_', ' ') : 'cannot be applied'
}
