import type { TimestampMs } from '../../base/brands.ts'

/** What a heap orders: by time, and by place where times are the same. */
export interface Timed {
  readonly timestampMs: TimestampMs
  readonly place: number
}

/** A binary heap with the earliest element on top. Elements may change while they are on top: see `topChanged`. */
export class TimeHeap<Element extends Timed> {
  readonly #elements: Element[] = []

  get top(): Element | undefined {
    return this.#elements[0]
  }

  push(element: Element): void {
    let at = this.#elements.length
    this.#elements.push(element)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes the top away. */
  pop(): void {
    this.#swap(0, this.#elements.length - 1)
    this.#elements.pop()
    this.topChanged()
  }

  /** Finds the place of a top that is later than it was. */
  topChanged(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#elements.length) return
      const right = left + 1
      const least = right < this.#elements.length && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(least, at)) return
      this.#swap(least, at)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#elements[a]
    const other = this.#elements[b]
    if (one === undefined || other === undefined) return false
    return one.timestampMs === other.timestampMs ? one.place < other.place : one.timestampMs < other.timestampMs
  }

  #swap(a: number, b: number): void {
    const one = this.#elements[a]
    const other = this.#elements[b]
    if (one === undefined || other === undefined) return
    this.#elements[a] = other
    this.#elements[b] = one
  }
}
