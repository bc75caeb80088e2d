import { importJWK, type JWK } from 'jose'
import type { Telemetry } from '../../lib/telemetry.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import { defaultSigningAlg, isSameJwk, type Jwk, publicHalf } from '../../protocol/jwks.ts'
import { wholeJwk } from './make-key.ts'
import { type KeyDeps, makeFirstKey } from './open-signing-keys.ts'
import { keyThatSigns, type SigningKey } from './signing-key.ts'

/** A key that is decrypted and imported. */
export interface ReadyKey {
  readonly kid: string
  readonly alg: string
  readonly key: CryptoKey
}

/** Milliseconds after which the keys are read again, to see the changes of other nodes. */
const readAgainAfter = 10_000

/** Milliseconds between two reads after a failure, or for an unknown `kid`: callers can make up as many as they like. */
const pause = 1_000

/** Milliseconds by which `lastExpiry` of a key is stored ahead of its tokens, so that there is one write an hour and not one a token. */
const coverAhead = 3_600_000

/** Milliseconds that a key stays published after its last token has expired, for verifiers whose clock is behind. */
const leeway = 300_000

/**
 * The cached keys of all sets. They are read again when they are ten seconds old, after a change by this process, and for an unknown `kid`.
 * Each key is decrypted and imported once.
 */
export class KeyRing {
  readonly #deps: KeyDeps & { readonly telemetry: Telemetry }
  #keys: readonly SigningKey[] = []
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  readonly #covered = new Map<string, number>()
  readonly #covering = new Map<string, Promise<boolean>>()
  readonly #imported = new WeakMap<SigningKey, Halves>()

  constructor(deps: KeyDeps & { readonly telemetry: Telemetry }) {
    this.#deps = deps
  }

  /** By set, the newest first. If the database does not answer, the keys that were read last. */
  async keys(): Promise<readonly SigningKey[]> {
    if (this.#age() >= readAgainAfter) await this.#readOrKeep()
    return this.#keys
  }

  /** Reads the keys after a change by this process. Never fails: the change is committed, whether or not it can be read at once. */
  async reload(): Promise<void> {
    await this.#reading?.catch(() => {})
    // If no key was ever read, the next caller reads again, and gets the error.
    await this.#readOrKeep().catch(() => {})
  }

  /**
   * The key of a set that signs now, for a token that expires at `expiresAt` (milliseconds); of the keys for `alg`, if given. When it
   * returns, the database has stored that the key must be published until then. So no key is removed before its last token expires,
   * whatever the lifespans are and whichever node signed the token.
   *
   * @throws Unavailable, also if no key signs with `alg` until an administrator creates one
   */
  async signer(set: string, expiresAt: number, alg?: string): Promise<ReadyKey> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const inSet = (await this.keys()).filter((key) => key.set === set && (alg === undefined || key.alg === alg))
      const key = keyThatSigns(inSet, this.#deps.clock())
      if (key && (await this.#covers(key, expiresAt + leeway))) return { kid: key.kid, alg: key.alg, key: await this.#privateKey(key) }
      const isMade = alg === undefined || alg === defaultSigningAlg
      // Keys for other algorithms are created by the operator. A missing one must not cause a query for each call.
      if (!key && !isMade && this.#age() < pause) break
      if (!key && isMade) await makeFirstKey(this.#deps, set)
      await this.reload()
    }
    throw new Unavailable(`no key of ${set} can sign${alg === undefined ? '' : ` with ${alg}`}`)
  }

  /** The key of a set that verifies what `kid` signed; undefined if there is none. */
  async verifier(set: string, kid: string): Promise<ReadyKey | undefined> {
    const find = () => this.#keys.find((key) => key.kid === kid && key.set === set)
    await this.keys()
    if (!find() && this.#age() >= pause) await this.#readOrKeep()
    const key = find()
    return key && { kid, alg: key.alg, key: await this.#publicKey(key) }
  }

  #age(): number {
    return Math.abs(this.#deps.clock() - this.#readAt)
  }

  async #readOrKeep(): Promise<void> {
    try {
      await this.#read()
    } catch (error) {
      if (this.#readAt === Number.NEGATIVE_INFINITY) throw error
      this.#readAt = this.#deps.clock() - readAgainAfter + pause
      this.#deps.telemetry.log('warn', 'the signing keys could not be read again; the cached ones are used', {
        error: (error as Error).message,
      })
    }
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    const at = this.#deps.clock()
    const keys = await this.#deps.signingKeys.all()
    const before = new Map(this.#keys.map((key) => [key.kid, key]))
    for (const key of keys) {
      const known = before.get(key.kid)
      const halves = known && isSameKey(known, key) ? this.#imported.get(known) : undefined
      if (halves) this.#imported.set(key, halves)
    }
    this.#keys = keys
    this.#readAt = at
    this.#covered.clear()
  }

  async #covers(key: SigningKey, until: number): Promise<boolean> {
    if (Math.max(key.lastExpiry ?? 0, this.#covered.get(key.kid) ?? 0) >= until) return true
    // Concurrent callers share one write, unless they need a later time.
    const pending = this.#covering.get(key.kid)
    if (pending) return (await pending) && this.#covers(key, until)
    const noted = this.#note(key.kid, until + coverAhead).finally(() => this.#covering.delete(key.kid))
    this.#covering.set(key.kid, noted)
    return noted
  }

  async #note(kid: string, until: number): Promise<boolean> {
    const now = this.#deps.clock()
    const isNoted = await this.#deps.transaction((tx) => tx.signingKeys.cover(kid, until, now))
    if (isNoted) this.#covered.set(kid, until)
    return isNoted
  }

  #privateKey(key: SigningKey): Promise<CryptoKey> {
    return this.#import(key, 'private', () => wholeJwk(key, this.#deps.sealer))
  }

  #publicKey(key: SigningKey): Promise<CryptoKey> {
    return this.#import(key, 'public', () => publicHalf(key.publicJwk))
  }

  #import(key: SigningKey, half: keyof Halves, jwk: () => Jwk): Promise<CryptoKey> {
    const halves = this.#imported.get(key) ?? {}
    this.#imported.set(key, halves)
    halves[half] ??= importJWK(jwk() as JWK, key.alg) as Promise<CryptoKey>
    return halves[half]
  }
}

interface Halves {
  private?: Promise<CryptoKey>
  public?: Promise<CryptoKey>
}

/** The ciphertext may differ: a node with a newer secret encrypts the keys again. */
const isSameKey = (a: SigningKey, b: SigningKey): boolean =>
  (a.sealedPrivateJwk === undefined) === (b.sealedPrivateJwk === undefined) && isSameJwk(a.publicJwk, b.publicJwk)
