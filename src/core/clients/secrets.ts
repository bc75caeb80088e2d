import { type Argon2Parameters, argon2, timingSafeEqual } from 'node:crypto'
import { sameText, sha256 } from '../../lib/hash.ts'
import { type Randomness, randomText } from '../../lib/random.ts'
import { Unavailable } from '../../lib/unavailable.ts'

/** The characters that need no escaping in a URL, a form or Basic credentials, so that every way to send them is the same. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'

/** A client secret of 26 characters, as long as Hydra's: 157 bits of chance. */
export const makeSecret = (randomness: Randomness): string => randomText(randomness, 26, alphabet)

/** How a machine-made secret rests: it carries more chance than any guesser can try, so one SHA-256 is enough. */
export const hashMadeSecret = (secret: string): string => `$sha256$${sha256(secret)}`

/** RFC 9106 §4, second recommended option, in its form for little memory: 19 MiB, 2 passes (as OWASP advises for servers). */
const argon2id = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }

/** Slow hashes are a lever for denial of service: so many run at once, so many wait, the rest is told to come back. */
const running = 2
const waiting = 32

/** Hashes and checks secrets that a person chose. */
export class ChosenSecrets {
  readonly #randomness: Randomness
  #running = 0
  readonly #queue: (() => void)[] = []

  constructor(randomness: Randomness) {
    this.#randomness = randomness
  }

  /** @throws Unavailable when too many slow hashes are waiting */
  async hash(secret: string): Promise<string> {
    const nonce = this.#randomness(16)
    const tag = await this.#derive(secret, nonce, argon2id)
    const { memory, passes, parallelism } = argon2id
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`
  }

  /**
   * Whether `secret` is the one behind `hash`, whichever way it was hashed.
   *
   * @throws Unavailable when too many slow hashes are waiting
   */
  async matches(secret: string, hash: string): Promise<boolean> {
    if (hash.startsWith('$sha256$')) return sameText(hashMadeSecret(secret), hash)
    const [, memory, passes, parallelism, nonce = '', tag = ''] =
      /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? []
    const expected = Buffer.from(tag, 'base64')
    if (expected.length === 0) return false
    const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), tagLength: expected.length }
    return timingSafeEqual(await this.#derive(secret, Buffer.from(nonce, 'base64'), cost), expected)
  }

  async #derive(secret: string, nonce: Uint8Array, cost: typeof argon2id): Promise<Buffer> {
    await this.#turn()
    try {
      return await derive({ message: secret, nonce, ...cost })
    } finally {
      this.#running--
      this.#queue.shift()?.()
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= running) {
      if (this.#queue.length >= waiting) throw new Unavailable('too many slow secret checks are waiting', 5)
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    }
    this.#running++
  }
}

const derive = (parameters: Argon2Parameters): Promise<Buffer> =>
  new Promise((resolve, reject) => argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag))))

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
