/**
 * A map whose entries weigh so much together and no more: those that were set longest ago make room. Without `weigh` each entry weighs 1.
 * An entry that is heavier than all is not kept.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number
  readonly #weigh: (value: Value, key: Key) => number
  #weight = 0

  constructor(most: number, weigh: (value: Value, key: Key) => number = () => 1) {
    super()
    this.#most = most
    this.#weigh = weigh
  }

  override set(key: Key, value: Value): this {
    // What is set again counts as new.
    this.delete(key)
    const weight = this.#weigh(value, key)
    if (weight > this.#most) return this
    super.set(key, value)
    this.#weight += weight
    while (this.#weight > this.#most) this.delete(this.keys().next().value as Key)
    return this
  }

  override delete(key: Key): boolean {
    if (!this.has(key)) return false
    this.#weight -= this.#weigh(this.get(key) as Value, key)
    return super.delete(key)
  }

  override clear(): void {
    super.clear()
    this.#weight = 0
  }
}
