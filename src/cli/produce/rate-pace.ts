import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { SignalWatch } from '../signals.ts'

/** Timers take no longer waits than 2^31 ms; this is far below. */
const napMsMax = 60_000

/** Keeps `--rate`: after each batch waits until the records sent so far are no more than the time allows. */
export class RatePace {
  readonly #perSecond: number
  readonly #clock: Clock
  readonly #startedMs: number

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#clock = clock
    this.#startedMs = clock.now()
  }

  /** Records that one batch may have, so that the pace is even: a twentieth of a second's. */
  get recordsPerBatch(): number {
    return Math.max(1, Math.floor(this.#perSecond / 20))
  }

  /** Returns when record number `records` was due, or a signal came. */
  async hold(records: number, signals: SignalWatch): Promise<void> {
    const dueMs = this.#startedMs + (records / this.#perSecond) * 1000
    for (;;) {
      const waitMs = dueMs - this.#clock.now()
      if (waitMs <= 0 || signals.pending() !== undefined) return
      await sleep(Math.min(waitMs, napMsMax), undefined, { signal: signals.stop }).catch(() => undefined)
    }
  }
}
