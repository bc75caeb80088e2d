/**
 * A map with a maximum total weight: the entries that were set longest ago are evicted. Without `weigh` each entry weighs 1. An entry
 * heavier than the maximum is not stored.
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
    // An entry that is set again becomes the newest.
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
