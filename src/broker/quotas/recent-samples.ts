import type { TimestampMs } from '../../base/brands.ts'

/** Over which time a rate is taken. */
export interface SampleWindows {
  /** quota.window.num: as many are kept, the present one included. */
  readonly count: number
  /** quota.window.size.seconds: how long one is, in ms. */
  readonly sizeMs: number
}

interface Sample {
  readonly startMs: TimestampMs
  sum: number
  count: number
}

/** Values of late, a window at a time: what Kafka's Rate and Avg keep, so that a quota lets through what it lets through there. */
export class RecentSamples {
  readonly #windows: SampleWindows
  /** The oldest first. */
  readonly #samples: Sample[] = []

  constructor(windows: SampleWindows) {
    this.#windows = windows
  }

  record(value: number, nowMs: TimestampMs): void {
    this.#forget(nowMs)
    const last = this.#samples.at(-1)
    if (last !== undefined && nowMs - last.startMs < this.#windows.sizeMs) {
      last.sum += value
      last.count += 1
      return
    }
    this.#samples.push({ startMs: nowMs, sum: value, count: 1 })
  }

  /** Whether there is nothing of late. */
  isEmpty(nowMs: TimestampMs): boolean {
    this.#forget(nowMs)
    return this.#samples.length === 0
  }

  /** What all values come to in a second; `added` is counted in as if it came now. */
  perSecond(nowMs: TimestampMs, added = 0): number {
    return ((this.#total('sum', nowMs) + added) * 1000) / this.spanMs(nowMs)
  }

  /** 0 when there are none. */
  average(nowMs: TimestampMs): number {
    const count = this.#total('count', nowMs)
    return count === 0 ? 0 : this.#total('sum', nowMs) / count
  }

  /** The time that the values are of, in ms. All windows but the present one count as whole, so that a first value is no burst. */
  spanMs(nowMs: TimestampMs): number {
    this.#forget(nowMs)
    const { count, sizeMs } = this.#windows
    const elapsedMs = nowMs - (this.#samples[0]?.startMs ?? nowMs)
    const missing = count - 1 - Math.floor(elapsedMs / sizeMs)
    return Math.max(1, elapsedMs + Math.max(0, missing) * sizeMs)
  }

  #total(what: 'sum' | 'count', nowMs: TimestampMs): number {
    this.#forget(nowMs)
    return this.#samples.reduce((total, sample) => total + sample[what], 0)
  }

  #forget(nowMs: TimestampMs): void {
    const { count, sizeMs } = this.#windows
    let old = 0
    while (old < this.#samples.length && nowMs - (this.#samples[old] as Sample).startMs >= count * sizeMs) old++
    if (old > 0) this.#samples.splice(0, old)
  }
}
