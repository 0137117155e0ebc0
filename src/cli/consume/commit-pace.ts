import type { Clock } from '../../base/clock.ts'
import type { TimestampMs } from '../../base/brands.ts'

/** Says when offsets are to be committed on the way: what `--commit every:DUR` asks for. */
export class CommitPace {
  readonly #everyMs: number
  readonly #clock: Clock
  #lastMs: TimestampMs

  constructor(everyMs: number, clock: Clock) {
    this.#everyMs = everyMs
    this.#clock = clock
    this.#lastMs = clock.now()
  }

  /** Whether a commit is due; if so, the time to the next one begins. */
  takeDue(): boolean {
    const now = this.#clock.now()
    // A clock that was set back must not stop the commits for hours.
    if (now >= this.#lastMs && now - this.#lastMs < this.#everyMs) return false
    this.#lastMs = now
    return true
  }
}
