/** Counts the bytes of requests that were received and not answered yet, over all connections, and holds back reading while they are too many. */
export class RequestBudget {
  readonly #bytesMax: number
  readonly #held = new Set<() => void>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes that are counted now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a connection between two requests must wait before it reads the next one. */
  get isSpent(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  /** Whether even requests that have begun must wait: their deadlines end it. */
  get isOverdrawn(): boolean {
    return this.#bytes >= 2 * this.#bytesMax
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    if (this.isSpent || this.#held.size === 0) return
    const waiting = [...this.#held]
    this.#held.clear()
    for (const resume of waiting) resume()
  }

  /** Calls `resume` once when there is room again. */
  whenFree(resume: () => void): void {
    this.#held.add(resume)
  }

  /** The connection of `resume` is gone. */
  forget(resume: () => void): void {
    this.#held.delete(resume)
  }
}
