/** Records what the responses of a server confirmed as created and as ended, and checks it after a SIGKILL. */
import { randomInt } from 'node:crypto'

/** A credential that works until a response confirms its end. */
export interface Credential {
  readonly what: string
  /** Undefined after an act that would end it was sent and not answered. */
  alive: boolean | undefined
  /** Checks whether it works now, as a caller would. */
  readonly works: () => Promise<boolean>
  /** The check itself ends it. */
  readonly once: boolean
}

/** How many old entries are checked after each kill. */
const sample = 200
/** How many are checked at once. */
const width = 16

export class Ledger {
  readonly faults: string[] = []
  readonly #entries: Credential[] = []
  /** For each act without a response: what it would have ended, all of it or nothing. */
  #open: Credential[][] = []
  /** How many entries were checked when they were new. */
  #seen = 0
  readonly #answered: Record<string, number> = {}
  #unanswered = 0

  summary(): string {
    const acts = Object.entries(this.#answered).map(([act, count]) => `${count} × ${act}`)
    const alive = this.#entries.filter((one) => one.alive).length
    return `${acts.join(', ')}; ${this.#unanswered} not answered; ${alive} credentials alive and ${this.#entries.length - alive} ended`
  }

  made(what: string, works: Credential['works'], once = false): Credential {
    const entry: Credential = { what, alive: true, works, once }
    this.#entries.push(entry)
    return entry
  }

  /** Runs an act that ends these credentials. Where it throws, the outcome is unknown. */
  async act<T>(name: string, ended: readonly Credential[], send: () => Promise<T>): Promise<T> {
    const before = ended.filter(({ alive }) => alive)
    for (const one of before) one.alive = undefined
    this.#open.push(before)
    this.#unanswered++
    const answer = await send()
    this.#unanswered--
    this.#open.splice(this.#open.indexOf(before), 1)
    for (const one of before) one.alive = false
    this.#answered[name] = (this.#answered[name] ?? 0) + 1
    return answer
  }

  /** After a restart: checks the acts without a response, all new entries, and some of the old ones. */
  async check(when: string): Promise<void> {
    for (const group of this.#open.splice(0)) await this.#settle(group, when)
    const fresh = this.#entries.slice(this.#seen)
    this.#seen = this.#entries.length
    const old = Array.from({ length: sample }, () => this.#entries[randomInt(Math.max(1, this.#seen))])
    await this.#checkEach(
      [...fresh, ...old.filter((one) => one !== undefined)].filter((one) => !one.once),
      when,
    )
    // Half of them are kept for later acts or for the end.
    await this.#checkEach(
      fresh.filter((one) => one.once && one.alive && randomInt(2) === 0),
      when,
    )
  }

  /** Checks everything. Entries that can be checked only once come last, as the reuse of a code ends tokens. */
  async checkAll(when: string): Promise<void> {
    for (const once of [false, true])
      await this.#checkEach(
        this.#entries.filter((one) => one.once === once),
        when,
      )
  }

  /** An act without a response happened completely or not at all. */
  async #settle(group: readonly Credential[], when: string): Promise<void> {
    const found = await Promise.all(group.map(async (one) => ({ one, works: await one.works() })))
    for (const { one, works } of found) one.alive = works && !one.once
    if (new Set(found.map(({ works }) => works)).size > 1)
      this.faults.push(`${when}: only a part of an act happened: ${found.map(({ one, works }) => `${one.what}: ${works}`).join(', ')}`)
  }

  async #checkEach(list: readonly Credential[], when: string): Promise<void> {
    const left = [...new Set(list)]
    const work = async () => {
      for (let one = left.pop(); one; one = left.pop()) await this.#checkOne(one, when)
    }
    await Promise.all(Array.from({ length: width }, work))
  }

  async #checkOne(one: Credential, when: string): Promise<void> {
    const works = await one.works().catch((error: Error) => error.message)
    if (works !== one.alive) this.faults.push(`${when}: ${one.what}: an answer ${one.alive ? 'made' : 'ended'} it; does it work: ${works}`)
    if (one.once) one.alive = false
  }
}
