import type { TimestampMs } from '../../base/brands.ts'

/** Counts per slot of time, from the slot that begins at `fromMs` on, without a gap. */
export interface TimeSlots {
  readonly fromMs: TimestampMs
  readonly slotMs: number
  readonly counts: readonly number[]
}

/** Each divides the next, so that slots can be joined; from here on by tens of days. */
const widths = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 21_600_000, 86_400_000]

/** What people like to read on an axis: s, m, h and d. */
const niceWidths = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  [1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  [1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].map((days) => days * 86_400_000),
)

/** Slots that are kept at most: their memory stays small, and a bar of a sparkline still joins many of them. */
const slotsMax = 10_000

/** The same for slots whose length the user chose. */
const chosenSlotsMax = 100_000

/**
 * Counts records by time in one pass without knowing beforehand how far times reach: slots begin at a millisecond and grow when there
 * are too many. Records without a timestamp are not counted.
 */
export class TimeHistogram {
  readonly #isChosen: boolean
  #slotMs: number
  #slots = new Map<number, number>()
  #lastSlot = -1
  #lastCount = 0

  /** With `slotMs` slots have that length and never grow. */
  constructor(slotMs?: number) {
    this.#isChosen = slotMs !== undefined
    this.#slotMs = slotMs ?? 1
  }

  add(timestamp: TimestampMs, count = 1): void {
    if (timestamp < 0) return
    if (Math.floor(timestamp / this.#slotMs) !== this.#lastSlot) this.#begin(timestamp)
    this.#lastCount += count
  }

  /**
   * The whole in at most `slotCount` slots of a length that reads well, or in those of the chosen length; `undefined` when nothing was
   * counted, `too-many` when the chosen length is too short for how far times reach.
   */
  slots(slotCount: number): TimeSlots | 'too-many' | undefined {
    const range = this.#range()
    if (range === undefined) return undefined
    const { first, last } = range
    if (this.#isChosen) {
      return (last - first) / this.#slotMs >= chosenSlotsMax ? 'too-many' : this.#joined(this.#slotMs, range)
    }
    const slotMs = niceWidths.find(
      (width) => width % this.#slotMs === 0 && Math.floor(last / width) - Math.floor(first / width) < slotCount,
    )
    return this.#joined(slotMs ?? Math.ceil((last - first + 1) / slotCount / this.#slotMs) * this.#slotMs, range)
  }

  #begin(timestamp: TimestampMs): void {
    this.#settle()
    // Only now: slots may just have grown.
    this.#lastSlot = Math.floor(timestamp / this.#slotMs)
    this.#lastCount = this.#slots.get(this.#lastSlot) ?? 0
  }

  #settle(): void {
    if (this.#lastSlot < 0) return
    this.#slots.set(this.#lastSlot, this.#lastCount)
    if (this.#isChosen) this.#forgetMiddle()
    else while (this.#slots.size > slotsMax) this.#grow()
  }

  /** What reaches too far is only to be told so: memory stays small. */
  #forgetMiddle(): void {
    if (this.#slots.size <= chosenSlotsMax) return
    const range = this.#ends()
    this.#slots = new Map([range.first, range.last].map((slot) => [slot, 1]))
  }

  /** Joins neighbours. */
  #grow(): void {
    const next = widths.find((width) => width > this.#slotMs) ?? this.#slotMs * 10
    const factor = next / this.#slotMs
    const joined = new Map<number, number>()
    for (const [slot, count] of this.#slots) {
      const wide = Math.floor(slot / factor)
      joined.set(wide, (joined.get(wide) ?? 0) + count)
    }
    this.#slots = joined
    this.#slotMs = next
  }

  /** Times of the first and the last slot that have something. */
  #range(): { readonly first: TimestampMs; readonly last: TimestampMs } | undefined {
    this.#settle()
    this.#lastSlot = -1
    const { first, last } = this.#ends()
    return first === Infinity ? undefined : { first: first * this.#slotMs, last: last * this.#slotMs }
  }

  /** Numbers of the first and the last slot. */
  #ends(): { readonly first: number; readonly last: number } {
    let first = Infinity
    let last = -Infinity
    for (const slot of this.#slots.keys()) {
      if (slot < first) first = slot
      if (slot > last) last = slot
    }
    return { first, last }
  }

  #joined(slotMs: number, { first, last }: { readonly first: TimestampMs; readonly last: TimestampMs }): TimeSlots {
    const start = Math.floor(first / slotMs)
    const counts = Array.from({ length: Math.floor(last / slotMs) - start + 1 }, () => 0)
    for (const [slot, count] of this.#slots) {
      const at = Math.floor((slot * this.#slotMs) / slotMs) - start
      counts[at] = (counts[at] ?? 0) + count
    }
    return { fromMs: start * slotMs, slotMs, counts }
  }
}
