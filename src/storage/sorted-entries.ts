import { assert } from '../base/assert.ts'
import type { OpenFile } from '../disk/file-system.ts'

/** How one kind of index lays its entries out. */
export interface EntryLayout {
  /** Bytes of one entry. */
  readonly entryBytes: number
  /** Where in an entry the int32 stands that is 0 in padding, but never in a real entry after the first. */
  readonly markAt: number
}

/** Reads the number that entries are ordered by, at byte `at` of `view`. */
export type EntryKey = (view: DataView, at: number) => number

/** What a look at an index says about it. */
export type IndexCheck =
  | { readonly kind: 'whole' }
  /** Zeros follow the last entry: whoever made it room was killed before trimming. Kafka would take them for entries. */
  | { readonly kind: 'padded'; readonly entryCount: number }
  /** Not what was written; the index is to be made again from the log. */
  | { readonly kind: 'damaged'; readonly position: number; readonly reason: string }

/**
 * A file of entries of one size, ordered by a number in them, read by pages and never as a whole: to find one entry among a
 * million takes two or three reads of 4 KiB. Appended entries are held back until a page is full; `flush` writes them.
 *
 * What is learned of the file is kept: who shares it with another writer calls `refresh` after taking the partition's lock.
 */
export class SortedEntries {
  readonly file: OpenFile
  readonly #layout: EntryLayout
  readonly #pageEntries: number
  /** Entries in the file; -1 until somebody asks. */
  #stored = -1
  #page: DataView<ArrayBuffer> | undefined
  /** First slot and number of entries that the page holds. */
  #pageStart = 0
  #pageFilled = 0
  #pending: DataView<ArrayBuffer> | undefined
  #pendingEntries = 0
  /** Entries are made anew over those in the file. */
  #isRemade = false

  constructor(file: OpenFile, layout: EntryLayout) {
    this.file = file
    this.#layout = layout
    this.#pageEntries = Math.floor(pageBytes / layout.entryBytes)
  }

  /** Entries before the zeros that padding or a crash left at the end. */
  get count(): number {
    return this.stored + this.#pendingEntries
  }

  /** The same, without those that wait for `flush`. */
  get stored(): number {
    if (this.#stored < 0) this.#stored = this.#countStored()
    return this.#stored
  }

  /**
   * Forgets what was learned of the file, and what was appended without a flush. `bytes`, when another writer left it word,
   * is where its entries end.
   */
  refresh(bytes?: number): void {
    this.#pendingEntries = 0
    this.#stored = bytes === undefined ? -1 : Math.floor(bytes / this.#layout.entryBytes)
    this.#pageFilled = 0
  }

  /** Adds an entry that `fill` writes at byte `at` of `view`. Its key must be greater than the last one. */
  append(fill: (view: DataView, at: number) => void): void {
    if (this.#pendingEntries === this.#pageEntries) this.flush()
    this.#pending ??= this.#newPage()
    fill(this.#pending, this.#pendingEntries * this.#layout.entryBytes)
    this.#pendingEntries++
  }

  /** Writes what was appended to the file. */
  flush(): void {
    if (this.#pending === undefined || this.#pendingEntries === 0) return
    const { entryBytes } = this.#layout
    const bytes = new Uint8Array(this.#pending.buffer, 0, this.#pendingEntries * entryBytes)
    const position = this.stored * entryBytes
    if (!this.#isRemade || !holds(this.file, bytes, position)) this.file.write(bytes, position)
    this.#stored += this.#pendingEntries
    this.#pendingEntries = 0
    this.#pageFilled = 0
  }

  /** Reads the entry in `slot`, which must be below `count`. */
  at<T>(slot: number, read: (view: DataView, at: number) => T): T {
    this.flush()
    this.#load(slot)
    return this.#read(slot, read)
  }

  /**
   * The last slot whose key is at most `target`; -1 when all are greater. Guesses the page from the keys at both ends, so
   * that evenly growing keys cost two or three reads; halves the range when guessing does not help. `keyMin`, when it is
   * known, is a number close below the first key.
   */
  floorSlot(target: number, key: EntryKey, keyMin = Number.NaN): number {
    this.flush()
    this.#pageFilled = 0
    const range: SearchRange = { low: 0, high: this.stored, lowKey: keyMin, highKey: Number.NaN, guesses: 0 }
    // Every slot below `low` is at most the target, every slot from `high` on is greater.
    while (range.low < range.high) {
      this.#load(this.#guess(range, target))
      this.#narrow(range, target, key)
    }
    return range.low - 1
  }

  #guess(range: SearchRange, target: number): number {
    const { low, high, lowKey, highKey } = range
    // The last page first: most look-ups are for the end of the log, and its last key makes the guesses good.
    if (Number.isNaN(highKey)) return high - 1
    if (Number.isNaN(lowKey)) return low
    const span = highKey - lowKey
    if (range.guesses++ >= guessesMax || !(span > 0)) return low + ((high - low) >>> 1)
    const share = Math.min(Math.max((target - lowKey) / span, 0), 1)
    return Math.min(low + Math.floor(share * (high - low)), high - 1)
  }

  /** Leaves the range either empty, with the answer, or without the loaded page. */
  #narrow(range: SearchRange, target: number, key: EntryKey): void {
    const first = Math.max(this.#pageStart, range.low)
    const end = Math.min(this.#pageStart + this.#pageFilled, range.high)
    const firstKey = this.#read(first, key)
    const lastKey = this.#read(end - 1, key)
    if (target < firstKey) {
      range.high = first
      range.highKey = firstKey
    } else if (target >= lastKey) {
      range.low = end
      range.lowKey = lastKey
    } else {
      range.low = this.#floorInPage(first, end, (view, at) => key(view, at) <= target)
      range.high = range.low
    }
  }

  /** The first slot in [first, end) of the loaded page for which `isBelow` no longer holds. */
  #floorInPage(first: number, end: number, isBelow: (view: DataView, at: number) => boolean): number {
    let low = first
    let high = end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#read(middle, isBelow)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Makes the entries anew, up to the next `truncate`: what is appended and stands in the file already is not written again. */
  remake(): void {
    this.refresh(0)
    this.#isRemade = true
  }

  /** Keeps the first `count` entries and drops whatever else is in the file. */
  truncate(count: number): void {
    if (count > this.stored) this.flush()
    this.#pendingEntries = 0
    assert(count <= this.stored, `${this.file.path}: cut to ${count} entries, it has ${this.stored}`)
    const bytes = count * this.#layout.entryBytes
    if (this.file.size() !== bytes) this.file.truncate(bytes)
    this.#stored = count
    this.#pageFilled = 0
    this.#isRemade = false
  }

  /** Whether the file is as long as its entries. Costs one read; says nothing of entries before the last. */
  checkEnd(): IndexCheck {
    this.flush()
    const size = this.file.size()
    const { entryBytes } = this.#layout
    const excess = size % entryBytes
    if (excess !== 0) {
      return { kind: 'damaged', position: size - excess, reason: `its size ${size} is no multiple of ${entryBytes}` }
    }
    return this.stored * entryBytes === size ? { kind: 'whole' } : { kind: 'padded', entryCount: this.stored }
  }

  #countStored(): number {
    const slots = Math.floor(this.file.size() / this.#layout.entryBytes)
    this.#pageFilled = 0
    if (slots === 0 || this.#isEntry(slots - 1, slots)) return slots
    let low = 0
    let high = slots - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isEntry(middle, slots)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** In slot 0 a zero mark may be right, so there the whole entry must be zero; alone in its file it was trimmed, so it counts. */
  #isEntry(slot: number, slots: number): boolean {
    this.#loadWithin(slot, slots)
    if (slot > 0) return this.#read(slot, (view, at) => view.getInt32(at + this.#layout.markAt) !== 0)
    return slots === 1 || this.#read(slot, (view, at) => !isZero(view, at, this.#layout.entryBytes))
  }

  #load(slot: number): void {
    assert(slot >= 0 && slot < this.stored, `${this.file.path}: slot ${slot} of ${this.stored}`)
    this.#loadWithin(slot, this.stored)
  }

  #loadWithin(slot: number, slots: number): void {
    if (slot >= this.#pageStart && slot < this.#pageStart + this.#pageFilled) return
    const { entryBytes } = this.#layout
    const start = slot - (slot % this.#pageEntries)
    const wanted = Math.min(this.#pageEntries, slots - start)
    this.#page ??= this.#newPage()
    const bytes = new Uint8Array(this.#page.buffer, 0, wanted * entryBytes)
    const read = this.file.read(bytes, start * entryBytes)
    // Shorter than it was a moment ago: somebody cut it. Zeros sort as the smallest key, and are padding to who counts.
    bytes.fill(0, read)
    this.#pageStart = start
    this.#pageFilled = wanted
  }

  #newPage(): DataView<ArrayBuffer> {
    return new DataView(new ArrayBuffer(this.#pageEntries * this.#layout.entryBytes))
  }

  #read<T>(slot: number, read: (view: DataView, at: number) => T): T {
    assert(this.#page !== undefined, `${this.file.path}: no page is loaded`)
    return read(this.#page, (slot - this.#pageStart) * this.#layout.entryBytes)
  }
}

interface SearchRange {
  low: number
  high: number
  /** Keys just outside of the range. */
  lowKey: number
  highKey: number
  guesses: number
}

const pageBytes = 4096
const guessesMax = 4

/** Whether a file has these bytes there. */
export function holds(file: OpenFile, bytes: Uint8Array, position: number): boolean {
  const found = new Uint8Array(bytes.length)
  return file.read(found, position) === found.length && found.every((byte, i) => byte === bytes[i])
}

function isZero(view: DataView, at: number, bytes: number): boolean {
  for (let i = at; i < at + bytes; i++) if (view.getUint8(i) !== 0) return false
  return true
}
