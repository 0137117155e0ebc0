/** Memory for more than this is not kept for the next stream. */
const keptBytesMax = 4 * 1024 * 1024

/** What the blocks of a stream expand to, one after the other, in memory that is used again: a stream leaves nothing behind but its result. */
export class ExpandedBytes {
  #memory = new Uint8Array(0)
  #filled = 0

  get length(): number {
    return this.#filled
  }

  /** Appends a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length
    if (needed > this.#memory.length) this.#grow(Math.max(needed, 2 * this.#memory.length))
    this.#memory.set(bytes, this.#filled)
    this.#filled = needed
  }

  /** All bytes, as a copy; it is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#memory.slice(0, this.#filled)
    this.clear()
    return taken
  }

  /** Forgets what a stream left that turned out to be damaged. */
  clear(): void {
    this.#filled = 0
    if (this.#memory.length > keptBytesMax) this.#memory = new Uint8Array(0)
  }

  #grow(bytes: number): void {
    const grown = new Uint8Array(bytes)
    grown.set(this.#memory.subarray(0, this.#filled))
    this.#memory = grown
  }
}
