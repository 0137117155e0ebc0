import { assert } from '../base/assert.ts'
import { type FilePosition, filePosition, offset, type Offset } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type EntryLayout, type IndexCheck, SortedEntries } from './sorted-entries.ts'

/** The batch that begins at `position` in the `.log` ends with `offset`. */
export interface OffsetPosition {
  readonly offset: Offset
  readonly position: FilePosition
}

/** What may be relative to the base offset of a segment: an int32. */
export const RELATIVE_OFFSET_MAX = 2n ** 31n - 1n

const layout: EntryLayout = { entryBytes: 8, markAt: 0 }

/**
 * The `.index` of a segment: for some of its batches, where in the `.log` they begin. Kafka: `OffsetIndex`.
 *
 * ```
 *  0 4 last offset of the batch - base offset of the segment   int32, strictly increasing
 *  4 4 position of the batch in the .log, in bytes             int32, strictly increasing
 * ```
 * The bytes are not checksummed: whoever follows a position must look at what is there.
 */
export class OffsetIndex {
  readonly #entries: SortedEntries
  readonly #baseOffset: Offset
  /** Relative offset of the last entry; undefined until somebody asks. */
  #last: { relative: number; position: number } | undefined

  static readonly entryBytes = layout.entryBytes

  /** Opens nothing and reads nothing: `file` is the caller's, who also closes it. */
  constructor(file: OpenFile, baseOffset: Offset) {
    this.#entries = new SortedEntries(file, layout)
    this.#baseOffset = baseOffset
  }

  get file(): OpenFile {
    return this.#entries.file
  }

  /** Entries before the zeros that padding or a crash left at the end. */
  get entryCount(): number {
    return this.#entries.count
  }

  /** Bytes that the entries fill. */
  get sizeInBytes(): number {
    return this.entryCount * layout.entryBytes
  }

  /** Whether a file of `bytesMax` (segment.index.bytes) holds no more entries. */
  isFull(bytesMax: number): boolean {
    return this.entryCount >= Math.floor(bytesMax / layout.entryBytes)
  }

  /** The last entry, or `undefined` in an empty index. */
  get last(): OffsetPosition | undefined {
    const last = this.#lastRaw()
    return last && this.#toOffsetPosition(last.relative, last.position)
  }

  /**
   * Adds the batch at `position` that ends with `lastOffset`. Both must be greater than in the last entry. Written to the
   * file by `flush`.
   */
  append(lastOffset: Offset, position: FilePosition): void {
    const relative = Number(lastOffset - this.#baseOffset)
    assert(
      relative >= 0 && relative <= RELATIVE_OFFSET_MAX,
      `${this.file.path}: ${lastOffset} is too far from the base`,
    )
    const last = this.#lastRaw()
    assert(
      last === undefined || relative > last.relative,
      `${this.file.path}: offset ${lastOffset} after ${this.last?.offset}`,
    )
    this.#entries.append((view, at) => {
      view.setInt32(at, relative)
      view.setInt32(at + 4, position)
    })
    this.#last = { relative, position }
  }

  /**
   * Where to begin to read for `target`: the last entry whose offset is at most `target`, or the start of the segment. The
   * batch with `target` begins there or after it.
   */
  lookup(target: Offset): OffsetPosition {
    const slot = this.#entries.floorSlot(this.#relative(target), relativeOffset, 0)
    const found = slot < 0 ? undefined : this.entry(slot)
    // Garbage may be negative; the start of the segment is always right, only slower.
    if (found === undefined || found.position < 0 || found.offset < this.#baseOffset) return this.#start
    return found
  }

  /** The entry in `slot`, 0 to `entryCount` - 1. */
  entry(slot: number): OffsetPosition {
    return this.#entries.at(slot, (view, at) => this.#toOffsetPosition(view.getInt32(at), view.getInt32(at + 4)))
  }

  /** Drops the entries at and above `end` and any padding. */
  truncateTo(end: Offset): void {
    this.truncateToEntries(this.#entries.floorSlot(this.#relative(end) - 1, relativeOffset, 0) + 1)
  }

  /** Keeps the first `count` entries, and nothing else in the file. */
  truncateToEntries(count: number): void {
    this.#entries.truncate(count)
    this.#last = undefined
  }

  /** Makes the index anew, up to the next `trim`: what is right in the file stays as it is, so that what was durable is. */
  remake(): void {
    this.#entries.remake()
    this.#last = undefined
  }

  /** Cuts padding off. Before a clean close this must have been done: Kafka takes the zeros for entries. */
  trim(): void {
    this.#entries.truncate(this.#entries.count)
  }

  /** Looks at the size and the end of the file: one read. */
  check(): IndexCheck {
    const end = this.#entries.checkEnd()
    const last = end.kind === 'damaged' ? undefined : this.#lastRaw()
    if (last === undefined || last.relative >= 0) return end
    return {
      kind: 'damaged',
      position: this.sizeInBytes - layout.entryBytes,
      reason: 'the last entry lies below the base offset',
    }
  }

  /** Reads every entry: offsets and positions must increase, and positions lie below `logBytes`. */
  verify(logBytes: number): IndexCheck {
    const end = this.#entries.checkEnd()
    if (end.kind === 'damaged') return end
    const damage = this.#findDisorder(logBytes)
    return damage ?? end
  }

  #findDisorder(logBytes: number): IndexCheck | undefined {
    let offsetBefore = offset(this.#baseOffset - 1n)
    let positionBefore = -1
    for (let slot = 0; slot < this.entryCount; slot++) {
      const { offset: found, position } = this.entry(slot)
      const at = slot * layout.entryBytes
      if (found <= offsetBefore)
        return { kind: 'damaged', position: at, reason: `offset ${found} after ${offsetBefore}` }
      if (position <= positionBefore || position >= logBytes) {
        const reason = `position ${position} after ${positionBefore} in a log of ${logBytes} bytes`
        return { kind: 'damaged', position: at, reason }
      }
      offsetBefore = found
      positionBefore = position
    }
    return undefined
  }

  /** Writes what was appended to the file; reading, `truncateTo` and `sync` do it too. */
  flush(): void {
    this.#entries.flush()
  }

  /** Returns once all entries are durable. */
  sync(): void {
    this.#entries.flush()
    this.file.sync()
  }

  /**
   * Forgets what is known of the file, because another process may have written it. `bytes`, when its writer said so, is
   * where its entries end.
   */
  refresh(bytes?: number): void {
    this.#entries.refresh(bytes)
    this.#last = undefined
  }

  get #start(): OffsetPosition {
    return { offset: this.#baseOffset, position: filePosition(0) }
  }

  #lastRaw(): { relative: number; position: number } | undefined {
    if (this.#last === undefined && this.entryCount > 0) {
      this.#last = this.#entries.at(this.entryCount - 1, (view, at) => ({
        relative: view.getInt32(at),
        position: view.getInt32(at + 4),
      }))
    }
    return this.#last
  }

  #relative(target: Offset): number {
    return Number(target - this.#baseOffset)
  }

  #toOffsetPosition(relative: number, position: number): OffsetPosition {
    return { offset: offset(this.#baseOffset + BigInt(relative)), position: filePosition(position) }
  }
}

function relativeOffset(view: DataView, at: number): number {
  return view.getInt32(at)
}
