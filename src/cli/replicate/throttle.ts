import { setTimeout as sleep } from 'node:timers/promises'
import type { TimestampMs } from '../../base/brands.ts'
import type { Clock } from '../../base/clock.ts'

/** The average that `bytesPerSecond` asks for, if it does; its pauses end with `stop`, which they reject with. */
export function throttleOf(bytesPerSecond: number | undefined, clock: Clock, stop: AbortSignal): Throttle | undefined {
  if (bytesPerSecond === undefined) return undefined
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop })
  return new Throttle(bytesPerSecond, clock, pause)
}

/** Unused time counts for so long, in ms: a link that was idle does not make up for it in one burst. */
const burstMs = 250

/** Keeps an average of bytes a second. */
export class Throttle {
  readonly #bytesPerSecond: number
  readonly #clock: Clock
  readonly #pause: (ms: number) => Promise<void>
  /** When all that was taken is paid for. */
  #paidMs: TimestampMs

  constructor(bytesPerSecond: number, clock: Clock, pause: (ms: number) => Promise<void>) {
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
    this.#pause = pause
    this.#paidMs = clock.now()
  }

  /** Resolves when so many more bytes fit into the average. */
  async take(bytes: number): Promise<void> {
    const now = this.#clock.now()
    this.#paidMs = Math.max(this.#paidMs, now - burstMs) + (bytes / this.#bytesPerSecond) * 1000
    const waitMs = this.#paidMs - now
    if (waitMs > 0) await this.#pause(waitMs)
  }
}
