/** So much of a proof's lifetime is used: the rest is for the way, and for clocks that differ (Kafka takes as much). */
const lifetimeUsed = 0.85

/** Who we are is to be proven again. */
interface Renewal {
  readonly dueMs: number
  readonly prove: () => Promise<void>
}

/**
 * When the requests of one connection may go: in their order; not while the broker holds us back (KIP-219), nor while who we are is proven again
 * (KIP-368).
 */
export class RequestLine {
  /** The turn of whoever is last in the line; none when it is empty. */
  #last: Promise<void> | undefined
  #heldUntilMs = -Infinity
  #renewal: Renewal | undefined
  #isEnded = false
  /** Ends the pause of whoever is held back. */
  #wake: (() => void) | undefined

  /**
   * Resolves when the next request may go, which then leaves the line, or the connection has ended; `undefined` when it may go at once. Rejects when
   * the proof fails.
   */
  turn(): Promise<void> | undefined {
    if (this.#last === undefined && !this.#isBlocked) return undefined
    const turn = (this.#last ?? Promise.resolve()).then(() => this.#cleared())
    this.#last = turn
    return turn
  }

  /** To be called with the turn that has come, before anything else is awaited. */
  leave(turn: Promise<void>): void {
    if (this.#last === turn) this.#last = undefined
  }

  /** Nothing goes for so long, in ms: the broker does not read it. */
  hold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, performance.now() + ms)
  }

  /** Has `prove` say again who we are before `lifetimeMs` are over, when the next request is to go then. */
  renewWithin(lifetimeMs: number, prove: () => Promise<void>): void {
    this.#renewal = { dueMs: performance.now() + lifetimeMs * lifetimeUsed, prove }
  }

  /** The connection has ended: nobody waits for it any more. */
  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  get #isBlocked(): boolean {
    if (this.#isEnded) return false
    const nowMs = performance.now()
    return nowMs < this.#heldUntilMs || (this.#renewal !== undefined && nowMs >= this.#renewal.dueMs)
  }

  async #cleared(): Promise<void> {
    for (let nowMs = performance.now(); nowMs < this.#heldUntilMs && !this.#isEnded; nowMs = performance.now()) {
      await this.#pause(this.#heldUntilMs - nowMs)
    }
    if (this.#isEnded) return
    if (this.#renewal !== undefined && performance.now() >= this.#renewal.dueMs) await this.#renewal.prove()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, timerMsMax))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** A timer takes no more, in ms. */
const timerMsMax = 2 ** 31 - 1
