import type { Offset } from '../base/brands.ts'

/** From the beginning of one batch to the end of another, exclusive. */
interface OffsetRange {
  from: Offset
  to: Offset
}

/** More are not kept apart: as many places as consumers are likely to read at. */
const rangesMax = 8

/**
 * Where the batches of a partition were seen to be whole, with the right checksum, since the broker started: as they came from clients, or were read. Who
 * reads them again need not look at each byte.
 */
export class CheckedOffsets {
  /** Apart from each other. The one that grew last is last. */
  readonly #ranges: OffsetRange[] = []

  /** Where the checked batches end among which `target` is; `undefined` when it is not. */
  endFrom(target: Offset): Offset | undefined {
    return this.#ranges.findLast(({ from, to }) => from <= target && target < to)?.to
  }

  /** The batches from `from` on, up to `to`, were checked. */
  add(from: Offset, to: Offset): void {
    const last = this.#ranges.at(-1)
    const isLonely = this.#ranges.length === 1
    if (last !== undefined && isLonely && last.from <= from && from <= last.to) {
      if (last.to < to) last.to = to
      return
    }
    this.#merge({ from, to })
  }

  #merge(added: OffsetRange): void {
    const apart = this.#ranges.filter(({ from, to }) => to < added.from || added.to < from)
    for (const range of this.#ranges) {
      if (apart.includes(range)) continue
      if (range.from < added.from) added.from = range.from
      if (range.to > added.to) added.to = range.to
    }
    if (apart.length >= rangesMax) apart.shift()
    this.#ranges.splice(0, this.#ranges.length, ...apart, added)
  }
}
