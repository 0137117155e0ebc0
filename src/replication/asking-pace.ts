/** So much of the way there and back is what both sides do, and ssh, where nothing lies in between, in ms: one answer ahead fills that. */
const ownMs = 5

/** So many of the last answers are looked at: more are never under way. */
const lookedAtMax = 8

/**
 * How many answers are asked for before the last one is here: as many as come in the time of the way there and back, so that it costs nothing, and one
 * more. More would only wait in the memory of whatever lies between; an ssh of OpenSSH, whose buffer grows by copying itself, takes longer for that than
 * for sending.
 */
export class AskingPace {
  readonly #elapsedMs: () => number
  readonly #aheadMin: number
  /** The shortest time from a question to its answer. */
  #wayMs = Infinity
  /** When the last answers came, oldest first. */
  readonly #answeredMs: number[] = []

  /** `elapsedMs`: since any moment. `aheadMin`: so many, however short the way is. */
  constructor(elapsedMs: () => number, aheadMin = 1) {
    this.#elapsedMs = elapsedMs
    this.#aheadMin = aheadMin
  }

  /** Resolves to what a question is answered with, and takes the time. `isLarge`: it is one of those that are asked for ahead. */
  async timed<T>(ask: () => Promise<T>, isLarge: boolean): Promise<T> {
    const askedMs = this.#elapsedMs()
    const answer = await ask()
    const now = this.#elapsedMs()
    this.#wayMs = Math.min(this.#wayMs, now - askedMs)
    if (isLarge && this.#answeredMs.push(now) > lookedAtMax) this.#answeredMs.shift()
    return answer
  }

  /** How many may be under way. */
  get ahead(): number {
    const since = (this.#answeredMs.at(-1) ?? 0) - (this.#wayMs - ownMs)
    return Math.max(this.#aheadMin, 1 + this.#answeredMs.filter((at) => at > since).length)
  }
}
