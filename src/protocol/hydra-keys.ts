import { HydraFaultError } from './hydra-words.ts'
import type { Jwk } from './jwks.ts'

/** The bodies of Hydra's routes for keys. All functions throw HydraFaultError for what is none. */
const decode = (text: string) => new HydraFaultError({ family: 'decode', text })

const longestName = 255

/** Names of sets and keys are text that fits in a header and a database. */
export function readKeyName(name: unknown, member: string): string {
  if (typeof name !== 'string') throw decode(`${member} must be a string`)
  if (name.length > longestName || /\p{Cc}/u.test(name))
    throw decode(`${member} must have at most ${longestName} characters, none of them a control`)
  return name
}

/** `{alg, use, kid}`: the algorithm is looked at by whoever makes the key. An absent `kid` is empty. */
export function readKeyOrder(body: unknown): { alg: string; use: string; kid: string } {
  const { alg, use, kid } = objectOf(body, 'the body')
  return { alg: String(alg ?? ''), use: readUse(use), kid: readKeyName(kid ?? '', 'kid') }
}

/** A key that is imported; RFC 7517 §4. Its material is looked at by whoever imports it. */
export function readJwk(body: unknown, name = 'the body'): Jwk {
  const jwk = objectOf(body, name)
  return { ...jwk, use: readUse(jwk.use), kid: readKeyName(jwk.kid ?? '', 'kid') }
}

/** RFC 7517 §5. */
export function readJwkSet(body: unknown): Jwk[] {
  const { keys } = objectOf(body, 'the body')
  if (!Array.isArray(keys)) throw decode('keys must be an array')
  if (keys.length > mostKeys) throw decode(`keys must not hold more than ${mostKeys} keys`)
  return keys.map((key, at) => readJwk(key, `keys[${at}]`))
}

const mostKeys = 100

function readUse(use: unknown): string {
  if (use === undefined || use === null || use === '') return 'sig'
  if (use !== 'sig' && use !== 'enc') throw decode("use must be 'sig' or 'enc'")
  return use
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw decode(`${name} must be a JSON object`)
  return value as Record<string, unknown>
}
