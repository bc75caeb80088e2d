import { type Argon2Algorithm, type Argon2Parameters, argon2, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Bcrypt } from '../../lib/bcrypt.ts'
import { sameText, sha256 } from '../../lib/hash.ts'
import { type Randomness, randomText } from '../../lib/random.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { isBeyondHash, readSecretHash, type SecretHash } from '../../protocol/secret-hash.ts'

/** Characters that need no escaping in a URL, a form or Basic credentials. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'

/** A client secret of 26 characters, as long as Hydra's, with 157 random bits. */
export const makeSecret = (randomness: Randomness): string => randomText(randomness, 26, alphabet)

/** The stored form of a generated secret. It has too many random bits to be guessed, so one SHA-256 is enough. */
export const hashMadeSecret = (secret: string): string => `$sha256$${sha256(secret)}`

/** 19 MiB and 2 passes, as OWASP recommends for servers: less memory than the second recommended option of RFC 9106 §4. */
const argon2id = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }

/** Slow hashes could be used for denial of service: so many run at once, so many wait, and further ones are refused. */
const running = 2
const waiting = 32

/** Hashes and checks secrets that a person chose, and those that were imported with hashes of Hydra. */
export class ChosenSecrets {
  readonly #randomness: Randomness
  readonly #bcrypt: Bcrypt
  #running = 0
  readonly #queue: (() => void)[] = []

  constructor(randomness: Randomness, bcrypt: Bcrypt) {
    this.#randomness = randomness
    this.#bcrypt = bcrypt
  }

  /** @throws Unavailable when too many slow hashes are waiting */
  async hash(secret: string): Promise<string> {
    const nonce = this.#randomness(16)
    const tag = await this.#inTurn(() => derive('argon2id', { message: secret, nonce, ...argon2id }))
    const { memory, passes, parallelism } = argon2id
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`
  }

  /**
   * Whether `hash` is a hash of `secret`, of any supported kind. A secret that is longer than what bcrypt reads matches no bcrypt hash.
   *
   * @throws Unavailable when too many slow hashes are waiting
   */
  async matches(secret: string, hash: string): Promise<boolean> {
    const read = readSecretHash(hash)
    if (!read || isBeyondHash(secret, hash)) return false
    return read.kind === 'sha256' ? sameText(hashMadeSecret(secret), hash) : this.#inTurn(() => this.#matchesSlowly(secret, hash, read))
  }

  async #matchesSlowly(secret: string, hash: string, read: Exclude<SecretHash, { kind: 'sha256' }>): Promise<boolean> {
    switch (read.kind) {
      case 'bcrypt':
        return this.#bcrypt.matches(secret, hash)
      case 'pbkdf2':
        return timingSafeEqual(await pbkdf2Sha256(secret, read), read.key)
      default: {
        const { kind, memory, passes, parallelism, salt: nonce, key } = read
        return timingSafeEqual(await derive(kind, { message: secret, nonce, memory, passes, parallelism, tagLength: key.length }), key)
      }
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < running) this.#running++
    else await this.#place()
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next) next()
      else this.#running--
    }
  }

  /** Waits until a running check has finished. */
  #place(): Promise<void> {
    if (this.#queue.length >= waiting) throw new Unavailable('too many slow secret checks are waiting', 5)
    return new Promise((resolve) => this.#queue.push(resolve))
  }
}

const derive = (algorithm: Argon2Algorithm, parameters: Argon2Parameters): Promise<Buffer> =>
  new Promise((resolve, reject) => argon2(algorithm, parameters, (error, tag) => (error ? reject(error) : resolve(tag))))

const pbkdf2Sha256 = (secret: string, { salt, iterations, key }: Extract<SecretHash, { kind: 'pbkdf2' }>): Promise<Buffer> =>
  promisify(pbkdf2)(secret, salt, iterations, key.length, 'sha256')

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
