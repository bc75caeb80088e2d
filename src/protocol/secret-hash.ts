/** A client secret as it rests, taken apart. Costs are those of the algorithm. */
export type SecretHash =
  | { readonly kind: 'sha256' }
  | { readonly kind: 'bcrypt' }
  | {
      readonly kind: 'argon2id' | 'argon2i'
      /** KiB */
      readonly memory: number
      readonly passes: number
      readonly parallelism: number
      readonly salt: Buffer
      readonly key: Buffer
    }
  | { readonly kind: 'pbkdf2'; readonly iterations: number; readonly salt: Buffer; readonly key: Buffer }

/** What we would compute for a caller: a hash that costs more than about a second locks out whoever waits behind it. */
const most = { memory: 262_144, memoryTimesPasses: 1_048_576, parallelism: 16, iterations: 2_000_000, cost: 14, bytes: 128 }

const argon2 = /^\$(argon2id|argon2i)\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/
const pbkdf2 = /^\$pbkdf2-sha256\$i=(\d{1,8}),l=(\d{1,3})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/
const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/**
 * Reads the forms in which a secret may rest: ours for secrets that we made (`$sha256$`), argon2id for those that a person chose, and
 * Hydra's, so that its clients can be imported. Undefined for anything else, and for one that would cost too much to check.
 */
export function readSecretHash(text: string): SecretHash | undefined {
  if (text.startsWith('$sha256$')) return { kind: 'sha256' }
  return readArgon2(text) ?? readPbkdf2(text) ?? readBcrypt(text)
}

function readArgon2(text: string): SecretHash | undefined {
  const [, kind, m, t, p, salt = '', key = ''] = argon2.exec(text) ?? []
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
  if (kind === undefined || !isWithin(parallelism, 1, most.parallelism) || !isWithin(passes, 1, most.memoryTimesPasses)) return undefined
  if (!isWithin(memory, 8 * parallelism, most.memory) || memory * passes > most.memoryTimesPasses) return undefined
  return withBytes({ kind: kind as 'argon2id', memory, passes, parallelism }, salt, key)
}

function readPbkdf2(text: string): SecretHash | undefined {
  const [, i, l, salt = '', key = ''] = pbkdf2.exec(text) ?? []
  const iterations = Number(i)
  if (i === undefined || !isWithin(iterations, 1, most.iterations)) return undefined
  const read = withBytes({ kind: 'pbkdf2' as const, iterations }, salt, key)
  return read?.key.length === Number(l) ? read : undefined
}

function readBcrypt(text: string): SecretHash | undefined {
  const cost = bcrypt.exec(text)?.[1]
  return cost !== undefined && isWithin(Number(cost), 4, most.cost) ? { kind: 'bcrypt' } : undefined
}

/** A short key is matched by chance, a short salt by a table. */
function withBytes<T extends object>(facts: T, salt: string, key: string): (T & { salt: Buffer; key: Buffer }) | undefined {
  const bytes = { salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
  return isWithin(bytes.salt.length, 8, most.bytes) && isWithin(bytes.key.length, 16, most.bytes) ? { ...facts, ...bytes } : undefined
}

const isWithin = (value: number, least: number, limit: number): boolean => value >= least && value <= limit

/** Bytes: bcrypt reads no more of a secret, so that longer ones with the same beginning have the same hash. */
const longestForBcrypt = 72

export const isBcrypt = (hash: string): boolean => readSecretHash(hash)?.kind === 'bcrypt'

/** Whether the hash cannot tell this secret from others, because it is longer than what bcrypt reads. */
export const isBeyondHash = (secret: string, hash: string): boolean => isBcrypt(hash) && Buffer.byteLength(secret) > longestForBcrypt

/** Whether an administrator may set this hash: one that is slow, as nobody knows how much chance is in the secret behind it. */
export function isImportableHash(text: string): boolean {
  const read = readSecretHash(text)
  return read !== undefined && read.kind !== 'sha256'
}
