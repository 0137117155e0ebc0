/** How often one key occurred. */
export interface CountedKey {
  readonly key: Uint8Array
  readonly count: number
}

/** Different keys that are told apart, and bytes of all of them: beyond, a key that is new is only known to be one more. */
const keysMax = 100_000
const keyBytesMax = 32 * 1024 * 1024

/** Counts keys in bounded memory. */
export class KeyCounter {
  readonly #counts = new Map<string, number>()
  #bytes = 0
  #isComplete = true

  /** Different keys; when `isComplete` is false there are more. */
  get distinct(): number {
    return this.#counts.size
  }

  /** Whether every key could be told from all others; if not, the most frequent ones are those of the first 100,000. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
    const count = this.#counts.get(key)
    if (count !== undefined) this.#counts.set(key, count + 1)
    else if (this.#counts.size < keysMax && this.#bytes + key.length <= keyBytesMax) this.#learn(key)
    else this.#isComplete = false
  }

  /** The most frequent ones, most frequent first. */
  top(length: number): CountedKey[] {
    return [...this.#counts]
      .toSorted(([oneKey, one], [otherKey, other]) => other - one || (oneKey < otherKey ? -1 : 1))
      .slice(0, length)
      .map(([key, count]) => ({ key: Buffer.from(key, 'latin1'), count }))
  }

  #learn(key: string): void {
    this.#counts.set(key, 1)
    this.#bytes += key.length
  }
}
