import { type Offset, offset } from '../base/brands.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { type FileState, type SegmentPart, segmentFileName } from './file-names.ts'
import { type FileRange, findRange, type RangeLimits } from './file-range.ts'
import { openIfThere } from './open-if-there.ts'
import { PartitionView, type PartitionViewOptions, UNKNOWN_END } from './partition-view.ts'
import { baseOffsetAt, findContradiction, findNextBatch } from './segment-search.ts'
import { Segment } from './segment.ts'
import { TimeIndex } from './time-index.ts'
import { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'

/** A stretch of a log that cannot be read. */
export interface Damage {
  /** The `.log` file. */
  readonly path: string
  /** The bad bytes: from `position` to `end` (exclusive). */
  readonly position: number
  readonly end: number
  /** The offsets that may have been there: from `firstOffset` to `nextOffset` (exclusive). */
  readonly firstOffset: Offset
  readonly nextOffset: Offset
  readonly reason: string
}

/** What a read gave. */
export type PartitionRead =
  /** Whole batches with a right CRC, in bytes 0 to `end` of the window. The first may begin before the offset asked for. */
  | { readonly kind: 'batches'; readonly end: number }
  /** Nothing more is visible now. */
  | { readonly kind: 'end' }
  /** The next batch takes a window of so many bytes. */
  | { readonly kind: 'large'; readonly sizeInBytes: number }
  /** Reported once; the next read goes on behind it. */
  | { readonly kind: 'damage'; readonly damage: Damage }
  /** Retention or a trim overtook the reader; the next read goes on at the log start offset. */
  | { readonly kind: 'trimmed'; readonly logStartOffset: Offset }

/** The bounds of what a reader may see. */
export interface VisibleRange {
  readonly logStartOffset: Offset
  /** The offset after the last visible record. */
  readonly visibleEndOffset: Offset
}

/** How often a segment that vanishes between listing and opening is looked for again. */
const openAttempts = 8

/**
 * Reads a partition without a lock while others append, roll, delete and recover it. Sees whole, checked batches below the visible
 * end; never a partial one, never one twice. See the layer's README for what is damage and what is only not there yet.
 */
export class PartitionReader {
  readonly view: PartitionView
  readonly #options: PartitionViewOptions
  #segment: Segment | undefined
  #position = 0
  /** No batch at `#position` can begin below it. */
  #offsetMin = offset(0n)
  #nextOffset: Offset

  /** Throws `NotFoundError` when the directory is gone. */
  constructor(options: PartitionViewOptions) {
    this.#options = options
    this.view = new PartitionView(options)
    this.#nextOffset = this.view.logStartOffset
  }

  /** The offset of the next record that a read gives, or of the first one after it. */
  get nextOffset(): Offset {
    return this.#nextOffset
  }

  /** Whether the next read goes on in another segment. */
  get isAtSegmentEnd(): boolean {
    const segment = this.#segment
    if (segment === undefined || this.view.segmentEnd(segment.baseOffset) === UNKNOWN_END) return false
    return this.#position >= segment.log.size()
  }

  /** Looks again at what other processes did, and says what is readable now. */
  refresh(): VisibleRange {
    this.#refresh()
    return { logStartOffset: this.view.logStartOffset, visibleEndOffset: this.view.visibleEnd }
  }

  /** The next read gives the batch with `target` first, or the one after it. Any offset is fine: bounds are looked at by `read`. */
  seek(target: Offset): void {
    this.#nextOffset = target
    this.#leaveSegment()
  }

  /** Reads as many whole batches as fit into `window`. */
  read(window: BatchWindow): PartitionRead {
    for (;;) {
      const segment = this.#segment ?? this.#enterSegment()
      if (this.#nextOffset < this.view.logStartOffset) return this.#skipToLogStart()
      if (segment === undefined) return { kind: 'end' }
      const read = this.#readFrom(segment, window)
      if (read !== undefined) return read
      if (!this.#moveOn(segment)) return { kind: 'end' }
    }
  }

  /**
   * Where the next whole batches lie, for who knows that their bytes are right and visible: only their heads are looked at. Moves on behind them.
   * `undefined` when they must be read, as they are small, begin the next segment, or are not as they should be.
   */
  locate({ bytesMax, endOffset }: RangeLimits): FileRange | undefined {
    const segment = this.#segment ?? this.#enterSegment()
    if (segment === undefined || this.#nextOffset < this.view.logStartOffset) return undefined
    if (this.#nextOffset >= this.view.visibleLimit) this.#refresh()
    if (this.#segment !== segment) return undefined
    const limit = smaller(endOffset, this.view.segmentEnd(segment.baseOffset))
    const from = { position: this.#position, nextOffset: this.#nextOffset }
    const range = findRange(segment.log, from, { bytesMax, endOffset: limit })
    if (range === undefined) return undefined
    this.#position += range.bytes
    this.#nextOffset = range.nextOffset
    this.#offsetMin = range.nextOffset
    return range
  }

  /** In the midst of a swap, or of one that was killed, the log has its final name before this one has. */
  #openTransactionIndex(baseOffset: Offset): OpenFile | undefined {
    const states: readonly FileState[] = this.view.fileStateOf(baseOffset) === '' ? ['', '.swap', ''] : ['.swap', '']
    for (const state of states) {
      const file = this.#openPart(baseOffset, 'txnindex', state)
      if (file !== undefined) return file
    }
    return undefined
  }

  #openPart(baseOffset: Offset, part: SegmentPart, state = this.view.fileStateOf(baseOffset)): OpenFile | undefined {
    const { fileSystem, directory } = this.#options
    const name = segmentFileName(baseOffset, part, state)
    return openIfThere(() => fileSystem.open(`${directory}/${name}`, 'read'))
  }

  #openSegment(baseOffset: Offset): Segment | undefined {
    const { fileSystem, directory } = this.#options
    return openIfThere(() => Segment.open(fileSystem, directory, baseOffset, this.view.fileStateOf(baseOffset)))
  }

  /** The time index of a segment, whose file is the caller's to close; `undefined` when there is none. Opens nothing else. */
  openTimeIndex(baseOffset: Offset): TimeIndex | undefined {
    const file = this.#openPart(baseOffset, 'timeindex')
    return file && new TimeIndex(file, baseOffset)
  }

  /**
   * The aborted transactions that a reader of committed records from `fetchOffset` up to `end` (exclusive) must know of, by the offsets of their markers.
   * Costs a look for a file, or a few, in a log with idempotent producers, and nothing in others.
   */
  abortedTransactions(fetchOffset: Offset, end: Offset): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    if (!this.view.mayHaveProducers) return found
    for (const base of this.view.basesFrom(fetchOffset)) {
      const file = this.#openTransactionIndex(base)
      if (file === undefined) continue
      const { transactions, isComplete } = new TransactionIndex(file).collectAborted(fetchOffset, end)
      file.close()
      for (const one of transactions) found.push(one)
      if (isComplete) break
    }
    return found
  }

  close(): void {
    this.#leaveSegment()
    this.view.close()
  }

  /** `undefined` when the segment has nothing more, or is no longer the one to read. */
  #readFrom(segment: Segment, window: BatchWindow): PartitionRead | undefined {
    if (this.#nextOffset >= this.view.visibleLimit) {
      this.#refresh()
      if (this.#segment !== segment) return undefined
      if (this.#nextOffset >= this.view.visibleLimit) return { kind: 'end' }
    }
    const filled = segment.log.read(window.bytes, this.#position)
    if (filled === 0) return undefined
    if (this.view.visibleLimit === UNKNOWN_END) {
      // Bytes alone are believed only while no writer of ours is there: one that wrote these has left word of itself before.
      this.#refresh()
      if (this.#segment !== segment || this.view.visibleLimit !== UNKNOWN_END) return undefined
    }
    const whole = this.#takeBatches(window, filled, segment)
    return whole > 0 ? { kind: 'batches', end: whole } : this.#readBad(segment, window, filled)
  }

  /** Bytes of whole, checked, visible batches at the front of the window; moves on behind them. */
  #takeBatches(window: BatchWindow, filled: number, segment: Segment): number {
    const limit = smaller(this.view.visibleLimit, this.view.segmentEnd(segment.baseOffset))
    let end = 0
    for (;;) {
      const scanned = scanBatch(window.bytes, end, filled)
      if (scanned.kind !== 'batch') break
      const next = scanned.batch.nextOffset
      if (next > limit || next <= this.#nextOffset || !isCrcValid(window, scanned.batch, end)) break
      if (this.#isContradicted(segment, scanned.batch, end)) break
      end += scanned.batch.sizeInBytes
      this.#nextOffset = next
      this.#offsetMin = next
    }
    this.#position += end
    return end
  }

  /** Whether what stands behind the batch at `start` of the window shows its offsets to be wrong: no CRC covers them. */
  #isContradicted(segment: Segment, batch: LogBatch, start: number): boolean {
    if (batch.baseOffset <= this.#offsetMin) return false
    const endPosition = this.#position + start + batch.sizeInBytes
    const inPlace = { batch, endPosition, offsetMin: this.#offsetMin }
    return findContradiction(segment.log, segment.log.size(), inPlace) !== undefined
  }

  /** No batch could be taken: too large for the window, not there yet, or damage. */
  #readBad(segment: Segment, window: BatchWindow, filled: number): PartitionRead | undefined {
    const scanned = scanBatch(window.bytes, 0, filled)
    const size = segment.log.size()
    const needed = scanned.kind === 'incomplete' ? scanned.sizeInBytes : undefined
    if (needed !== undefined && needed > window.bytes.length && this.#position + needed <= size) {
      return { kind: 'large', sizeInBytes: needed }
    }
    const limit = this.view.visibleLimit
    if (isBehind(limit, scanned) && !this.view.isPublished(segment.baseOffset, this.#position)) {
      this.#refresh()
      return this.#segment === segment && this.view.visibleLimit === limit ? { kind: 'end' } : undefined
    }
    return this.#damageOrEnd(segment, size, reasonOf(scanned))
  }

  #damageOrEnd(segment: Segment, size: number, reason: string): PartitionRead | undefined {
    // What looks like damage may be a log that was cut and written anew under us, or one whose segments were replaced.
    const { version } = this.view
    this.#refresh()
    if (this.#segment !== segment || this.view.version !== version) return undefined
    const segmentEnd = this.view.segmentEnd(segment.baseOffset)
    const offsetMax = smaller(segmentEnd, this.view.visibleLimit)
    const range = { position: this.#position + 1, end: size, offsetMin: this.#nextOffset, offsetMax }
    const found = findNextBatch(segment.log, range)
    if (found !== undefined) {
      return this.#skipDamage(segment, { end: found, nextOffset: baseOffsetAt(segment.log, found), reason })
    }
    const isLast = segmentEnd === UNKNOWN_END
    const limit = this.view.visibleLimit
    // At the very end of the log a bad batch may be one that is just being written, or that a killed writer left.
    if (isLast && limit === UNKNOWN_END) return { kind: 'end' }
    return this.#skipDamage(segment, { end: size, nextOffset: isLast ? limit : segmentEnd, reason })
  }

  #skipDamage(segment: Segment, to: { end: number; nextOffset: Offset; reason: string }): PartitionRead | undefined {
    const { end, nextOffset, reason } = to
    const damage = {
      path: segment.log.path,
      position: this.#position,
      end,
      firstOffset: this.#nextOffset,
      nextOffset,
      reason,
    }
    this.#position = end
    // Nothing of what was asked for lies in the bad bytes.
    if (nextOffset <= this.#nextOffset) return undefined
    this.#nextOffset = nextOffset
    this.#offsetMin = nextOffset
    return { kind: 'damage', damage }
  }

  #skipToLogStart(): PartitionRead {
    const { logStartOffset } = this.view
    this.seek(logStartOffset)
    return { kind: 'trimmed', logStartOffset }
  }

  /** Opens the segment with the next offset, by a listing that still holds once it is open; else it is looked for again. */
  #enterSegment(): Segment | undefined {
    for (let attempt = 0; attempt < openAttempts; attempt++) {
      this.view.refresh()
      const base = this.view.segmentFor(this.#nextOffset)
      if (base === undefined && attempt > 0) return undefined
      const segment = base === undefined ? undefined : this.#openSegment(base)
      if (segment === undefined) {
        this.view.list()
        continue
      }
      const { version } = this.view
      this.view.refresh()
      if (this.view.version === version) return this.#begin(segment)
      // It may be another one now that holds the offset.
      segment.close()
    }
    return undefined
  }

  #begin(segment: Segment): Segment {
    this.#segment = segment
    this.#position = segment.positionOf(this.#nextOffset)
    this.#offsetMin = segment.baseOffset
    return segment
  }

  /** Goes on to what follows. False when this is the end of the log and nothing changed: wait. */
  #moveOn(segment: Segment): boolean {
    const isLast = (): boolean => this.view.segmentEnd(segment.baseOffset) === UNKNOWN_END
    if (this.#segment === segment && isLast()) this.#refresh()
    if (this.#segment !== segment) return true
    if (this.#position < segment.log.size()) return this.#nextOffset < this.view.visibleLimit
    if (isLast()) return false
    const end = this.view.segmentEnd(segment.baseOffset)
    if (this.#nextOffset < end) this.#nextOffset = end
    this.#leaveSegment()
    return true
  }

  #refresh(): void {
    if (!this.view.refresh() || this.#segment === undefined) return
    // The log may have been cut below what was read; what is written there anew must be seen.
    const end = this.view.logEndOffset
    if (end !== undefined && end < this.#nextOffset) {
      this.seek(end)
      return
    }
    // A segment that was replaced by one of its name ends elsewhere: what is open is not what the listing speaks of.
    const { baseOffset, log } = this.#segment
    const isListed = this.view.bases.includes(baseOffset)
    const isSame = this.#options.fileSystem.stat(this.view.logPath(baseOffset))?.identity === log.identity
    if (!isListed || !isSame || log.size() < this.#position) this.#leaveSegment()
  }

  #leaveSegment(): void {
    this.#segment?.close()
    this.#segment = undefined
  }
}

function smaller(one: Offset, other: Offset): Offset {
  return one < other ? one : other
}

/** Whether the batch ends behind the known `limit`. */
function isBehind(limit: Offset, scanned: ReturnType<typeof scanBatch>): boolean {
  return scanned.kind === 'batch' && limit !== UNKNOWN_END && scanned.batch.nextOffset > limit
}

function isCrcValid(window: BatchWindow, batch: LogBatch, start: number): boolean {
  if (!(batch instanceof RecordBatch)) return batch.isCrcValid()
  return window.crc32c(start + RecordBatch.crcStart, start + batch.sizeInBytes) === batch.crc
}

function reasonOf(scanned: ReturnType<typeof scanBatch>): string {
  if (scanned.kind === 'malformed') return scanned.reason
  return scanned.kind === 'incomplete'
    ? 'a batch is cut off'
    : 'the CRC of the batch is wrong, or its offsets do not fit'
}
