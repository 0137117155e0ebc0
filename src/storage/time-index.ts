import { assert } from '../base/assert.ts'
import { NO_TIMESTAMP, offset, type Offset, type TimestampMs } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { RELATIVE_OFFSET_MAX } from './offset-index.ts'
import { type EntryLayout, type IndexCheck, SortedEntries } from './sorted-entries.ts'
import { readTimestamp, writeTimestamp } from './timestamp-field.ts'

/**
 * The last entry of a sealed index, by one read of 12 bytes: retention asks thousands. `undefined` for an index that is empty, cut or padded, or
 * whose last entry is all zeros, as padding is.
 */
export function lastTimeEntry(file: OpenFile, baseOffset: Offset): TimestampOffset | undefined {
  const size = file.size()
  if (size === 0 || size % layout.entryBytes !== 0) return undefined
  if (file.read(lastEntryBytes, size - layout.entryBytes) < layout.entryBytes) return undefined
  const relative = lastEntryView.getInt32(layout.markAt)
  const timestamp = readTimestamp(lastEntryView, 0)
  if (relative < 0 || (relative === 0 && size > layout.entryBytes) || timestamp <= 0) return undefined
  return { timestamp, offset: offset(baseOffset + BigInt(relative)) }
}

/** No record up to and including `offset` is later than `timestamp`, and the batch that ends with `offset` has a record of that time. */
export interface TimestampOffset {
  readonly timestamp: TimestampMs
  readonly offset: Offset
}

const layout: EntryLayout = { entryBytes: 12, markAt: 8 }
/** Read into and looked at within one call. */
const lastEntryBytes = new Uint8Array(layout.entryBytes)
const lastEntryView = new DataView(lastEntryBytes.buffer)

/**
 * The `.timeindex` of a segment: how the largest timestamp so far grew. Kafka: `TimeIndex`.
 *
 * ```
 *  0 8 largest timestamp so far, ms                             int64, strictly increasing
 *  8 4 last offset of the batch with it - base of the segment   int32, never decreasing
 * ```
 */
export class TimeIndex {
  readonly #entries: SortedEntries
  readonly #baseOffset: Offset
  #last: TimestampOffset | undefined

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

  /** Whether a file of `bytesMax` (segment.index.bytes) holds no more entries but the last one, written when the segment is sealed. */
  isFull(bytesMax: number): boolean {
    return this.entryCount >= Math.floor(bytesMax / layout.entryBytes) - 1
  }

  /** The last entry; in an empty index no timestamp at the base offset, as in Kafka. */
  get last(): TimestampOffset {
    this.#last ??= this.entryCount > 0 ? this.entry(this.entryCount - 1) : this.#none
    return this.#last
  }

  /**
   * Notes that `timestamp` is the largest so far, in the batch that ends with `lastOffset`. False, and nothing done, when it is not
   * greater than the last entry's. Written to the file by `flush`.
   */
  maybeAppend(timestamp: TimestampMs, lastOffset: Offset): boolean {
    const { last } = this
    if (timestamp <= last.timestamp) return false
    const relative = Number(lastOffset - this.#baseOffset)
    assert(
      relative >= 0 && relative <= RELATIVE_OFFSET_MAX,
      `${this.file.path}: ${lastOffset} is too far from the base`,
    )
    assert(lastOffset >= last.offset, `${this.file.path}: offset ${lastOffset} after ${last.offset}`)
    this.#entries.append((view, at) => {
      writeTimestamp(view, at, timestamp)
      view.setInt32(at + 8, relative)
    })
    this.#last = { timestamp, offset: lastOffset }
    return true
  }

  /**
   * The last entry whose timestamp is at most `target`; no timestamp at the base offset when there is none. All records up to
   * its offset are at most as late as it says.
   */
  lookup(target: TimestampMs): TimestampOffset {
    const slot = this.#entries.floorSlot(target, readTimestamp)
    const found = slot < 0 ? this.#none : this.entry(slot)
    return found.offset < this.#baseOffset ? this.#none : found
  }

  /** The entry in `slot`, 0 to `entryCount` - 1. */
  entry(slot: number): TimestampOffset {
    return this.#entries.at(slot, (view, at) => ({
      timestamp: readTimestamp(view, at),
      offset: offset(this.#baseOffset + BigInt(view.getInt32(at + 8))),
    }))
  }

  /** Drops the entries for `end` and above, and any padding. */
  truncateTo(end: Offset): void {
    this.truncateToEntries(this.#entries.floorSlot(Number(end - this.#baseOffset) - 1, relativeOffset, 0) + 1)
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

  /** Cuts padding off. Padding left to Kafka makes it believe in a largest timestamp of 0, and delete the segment (KAFKA-10207). */
  trim(): void {
    this.#entries.truncate(this.#entries.count)
  }

  /** Looks at the size and both ends of the file: two reads. */
  check(): IndexCheck {
    const end = this.#entries.checkEnd()
    if (end.kind === 'damaged' || this.entryCount === 0) return end
    const { timestamp, offset: lastOffset } = this.entry(this.entryCount - 1)
    const position = this.sizeInBytes - layout.entryBytes
    if (lastOffset < this.#baseOffset)
      return { kind: 'damaged', position, reason: 'the last entry lies below the base offset' }
    if (timestamp < this.entry(0).timestamp)
      return { kind: 'damaged', position, reason: 'the last timestamp is before the first' }
    return end
  }

  /** Reads every entry: timestamps must increase, offsets not decrease and lie below `endOffset`. */
  verify(endOffset: Offset): IndexCheck {
    const end = this.#entries.checkEnd()
    if (end.kind === 'damaged') return end
    return this.#findDisorder(endOffset) ?? end
  }

  #findDisorder(endOffset: Offset): IndexCheck | undefined {
    let before = this.#none
    for (let slot = 0; slot < this.entryCount; slot++) {
      const found = this.entry(slot)
      if (found.timestamp <= before.timestamp) {
        const reason = `timestamp ${found.timestamp} after ${before.timestamp}`
        return { kind: 'damaged', position: slot * layout.entryBytes, reason }
      }
      if (found.offset < before.offset || found.offset >= endOffset) {
        const reason = `offset ${found.offset} after ${before.offset} in a segment that ends at ${endOffset}`
        return { kind: 'damaged', position: slot * layout.entryBytes, reason }
      }
      before = found
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

  get #none(): TimestampOffset {
    return { timestamp: NO_TIMESTAMP, offset: this.#baseOffset }
  }
}

function relativeOffset(view: DataView, at: number): number {
  return view.getInt32(at + 8)
}
