import { type FilePosition, filePosition, NO_TIMESTAMP, type Offset, type TimestampMs } from '../base/brands.ts'
import { DiskError } from '../base/errors.ts'
import type { FileSystem, OpenFile, OpenMode } from '../disk/file-system.ts'
import { BatchPeeker } from './batch-peek.ts'
import { type FileState, type SegmentPart, segmentFileName, TEMPORARY_SUFFIX } from './file-names.ts'
import { OffsetIndex } from './offset-index.ts'
import type { PlacedBatch } from './placed-batches.ts'
import { TimeIndex } from './time-index.ts'
import { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'
import type { WriteState } from './write-state.ts'

/** How far a segment is written and indexed; what one writer leaves to the next. */
export interface SegmentProgress {
  /** Bytes of whole batches in the `.log`. */
  endPosition: FilePosition
  indexBytes: number
  timeIndexBytes: number
  bytesSinceLastIndexEntry: number
  /** -1 when the segment is empty. */
  maxTimestamp: TimestampMs
  /** Last offset of the first batch with `maxTimestamp`. */
  offsetOfMaxTimestamp: Offset
}

export interface ActiveSegmentOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly baseOffset: Offset
  /** index.interval.bytes of the topic. */
  readonly indexIntervalBytes: number
  /** What its files carry behind their names while it is written beside the log; nothing by default. */
  readonly state?: FileState
  /** Its indexes are made anew beside those that are there: they carry `.tmp` behind their names. */
  readonly indexesAside?: boolean
}

/** Much is written by a process that has written so much to a segment, and room is set aside for it in pieces. */
const muchBytes = 16 * 1024 * 1024
const reserveBytes = 4 * 1024 * 1024

/**
 * The segment that is written: its `.log` and both indexes, open for writing. Belongs to whoever holds the partition's lock.
 * Kafka: LogSegment.append.
 */
export class ActiveSegment {
  readonly baseOffset: Offset
  readonly log: OpenFile
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly progress: SegmentProgress
  readonly #options: ActiveSegmentOptions
  readonly #probe = new Uint8Array(2)
  #transactions: TransactionIndex | undefined
  /** Bytes that this process has written. */
  #writtenBytes = 0
  /** Up to where room is set aside for it; infinite where that cannot be. */
  #reservedEnd = 0

  private constructor(options: ActiveSegmentOptions, progress: SegmentProgress) {
    this.#options = options
    this.baseOffset = options.baseOffset
    const opened: OpenFile[] = []
    try {
      for (const part of ['log', 'index', 'timeindex'] as const) opened.push(this.#openPart(part, 'create'))
    } catch (error) {
      for (const file of opened) file.close()
      throw error
    }
    const [log, index, timeIndex] = opened as [OpenFile, OpenFile, OpenFile]
    this.log = log
    this.offsetIndex = new OffsetIndex(index, options.baseOffset)
    this.timeIndex = new TimeIndex(timeIndex, options.baseOffset)
    this.progress = progress
  }

  /** Makes an empty segment, over whatever files have its names. */
  static create(options: ActiveSegmentOptions): ActiveSegment {
    const segment = new ActiveSegment(options, emptyProgress(options.baseOffset))
    try {
      if (segment.log.size() > 0) segment.log.truncate(0)
      segment.remakeIndexes()
      segment.trimIndexes()
    } catch (error) {
      segment.close()
      throw error
    }
    return segment
  }

  /** Opens a segment that is as far as `progress` says. */
  static open(options: ActiveSegmentOptions, progress: SegmentProgress): ActiveSegment {
    const segment = new ActiveSegment(options, { ...progress })
    segment.adopt(progress)
    return segment
  }

  /** Takes over what another writer left. */
  adopt(progress: SegmentProgress): void {
    Object.assign(this.progress, progress)
    this.offsetIndex.refresh(progress.indexBytes)
    this.timeIndex.refresh(progress.timeIndexBytes)
  }

  /** Whether the file ends exactly where this segment does: one read of two bytes. */
  isAtEnd(): boolean {
    const { endPosition } = this.progress
    const before = Math.min(1, endPosition)
    return this.log.read(this.#probe, endPosition - before) === before
  }

  /** Whether the indexes end as a segment so far written has them: they carry no checksum, and what is appended builds on the last entries. */
  areIndexesSound(): boolean {
    const { progress, offsetIndex, timeIndex } = this
    if (offsetIndex.file.size() < progress.indexBytes || timeIndex.file.size() < progress.timeIndexBytes) return false
    const { timestamp, offset: lastOffset } = timeIndex.last
    if (timestamp > progress.maxTimestamp || lastOffset > progress.offsetOfMaxTimestamp) return false
    const { last } = offsetIndex
    return last === undefined || new BatchPeeker(this.log).at(last.position)?.lastOffset === last.offset
  }

  /** Largest timestamp of the first batch; undefined when the segment is empty. */
  firstTimestamp(): TimestampMs | undefined {
    return new BatchPeeker(this.log).at(0)?.maxTimestamp
  }

  /** Whether a file of segment.index.bytes takes no more entries. */
  areIndexesFull(segmentIndexBytes: number): boolean {
    return this.offsetIndex.isFull(segmentIndexBytes) || this.timeIndex.isFull(segmentIndexBytes)
  }

  /**
   * Writes whole batches at the end. They become part of the segment with `note`. Where there is no space for all of them, what was written
   * is given back: a command that makes room needs some too. After another `DiskError` some of the bytes may be there: the next
   * writer, who finds a longer log than the state says, cuts them off.
   */
  write(bytes: Uint8Array): void {
    this.#writtenBytes += bytes.length
    if (this.#writtenBytes >= muchBytes) this.#reserve(this.progress.endPosition + bytes.length)
    this.#givingBack(this.progress.endPosition, () => this.log.write(bytes, this.progress.endPosition))
  }

  /** Where there is none to be had the write itself may still succeed. */
  #reserve(end: number): void {
    if (end <= this.#reservedEnd) return
    const start = Math.max(this.progress.endPosition, this.#reservedEnd)
    const bytes = Math.max(reserveBytes, end - start)
    this.#reservedEnd = this.log.reserve(start, bytes) ? start + bytes : Infinity
  }

  /** Whether room is set aside that is to be given back. */
  get hasReserve(): boolean {
    return this.#reservedEnd > this.progress.endPosition && this.#reservedEnd < Infinity
  }

  /** Gives back the room that was set aside. With the lock held: it cuts behind what was written last. */
  releaseReserve(): void {
    if (this.hasReserve) this.log.truncate(this.progress.endPosition)
    this.#reservedEnd = 0
  }

  /** Where there is no space for what `write` does, all from `end` on is given back, also what was set aside: who wrote it is told that it is not there. */
  #givingBack(end: FilePosition, write: () => void): void {
    try {
      write()
    } catch (error) {
      if (error instanceof DiskError && error.isOutOfSpace) this.#giveBack(end)
      throw error
    }
  }

  #giveBack(end: FilePosition): void {
    try {
      this.log.truncate(end)
    } catch (error) {
      // The write's own failure is the one to tell; the next writer tries again.
      if (!(error instanceof DiskError)) throw error
    }
  }

  /** Writes batches at the end, counts and indexes them; their positions, from the first of them so far, become those in the segment. */
  append(bytes: Uint8Array, batches: readonly PlacedBatch[]): void {
    const start = this.progress.endPosition
    this.write(bytes)
    for (const batch of batches) {
      batch.position += start
      this.note(batch)
    }
    this.#givingBack(start, () => this.flushIndexes())
  }

  /** Counts a batch at the end of the segment and indexes it as Kafka would. */
  note(batch: PlacedBatch): void {
    const { progress } = this
    if (batch.maxTimestamp > progress.maxTimestamp) {
      progress.maxTimestamp = batch.maxTimestamp
      progress.offsetOfMaxTimestamp = batch.lastOffset
    }
    if (progress.bytesSinceLastIndexEntry > this.#options.indexIntervalBytes) {
      this.offsetIndex.append(batch.lastOffset, filePosition(batch.position))
      this.timeIndex.maybeAppend(progress.maxTimestamp, progress.offsetOfMaxTimestamp)
      progress.bytesSinceLastIndexEntry = 0
    }
    progress.bytesSinceLastIndexEntry += batch.sizeInBytes
    progress.endPosition = filePosition(batch.position + batch.sizeInBytes)
  }

  /** Writes index entries that `note` collected. */
  flushIndexes(): void {
    this.offsetIndex.flush()
    this.timeIndex.flush()
    this.progress.indexBytes = this.offsetIndex.sizeInBytes
    this.progress.timeIndexBytes = this.timeIndex.sizeInBytes
  }

  /** Notes a transaction whose ABORT marker is in this segment. */
  noteAborted(aborted: AbortedTransaction): void {
    this.transactions().append(aborted)
  }

  /** Brings the numbers of the segment into the state: what the next writer goes by, and how far readers see is the caller's to say. */
  publish(state: WriteState, nextOffset: Offset): void {
    const { progress } = this
    state.endPosition = progress.endPosition
    state.indexBytes = progress.indexBytes
    state.timeIndexBytes = progress.timeIndexBytes
    state.bytesSinceLastIndexEntry = progress.bytesSinceLastIndexEntry
    state.maxTimestamp = progress.maxTimestamp
    state.offsetOfMaxTimestamp = progress.offsetOfMaxTimestamp
    state.activeBaseOffset = this.baseOffset
    state.logEndOffset = nextOffset
  }

  /** Begins to make the indexes anew from the log, up to the next `trimIndexes`. What is right in their files is not written again. */
  remakeIndexes(): void {
    this.offsetIndex.remake()
    this.timeIndex.remake()
    this.#findTransactions()?.remake()
    Object.assign(this.progress, emptyProgress(this.baseOffset))
  }

  /** Cuts the log at `position` (bytes); the indexes must not point behind it. */
  cut(position: number): void {
    this.log.truncate(position)
    this.progress.endPosition = filePosition(position)
  }

  /** Drops what stands in the index files behind the entries: what a writer left that was killed before its word of it. */
  trimIndexes(): void {
    this.offsetIndex.trim()
    this.timeIndex.trim()
    this.#transactions?.trim()
  }

  /** The last time index entry, and nothing but entries in the index files: what a closed segment has. Bad bytes in the log are left to a repair. */
  sealIndexes(): void {
    this.timeIndex.maybeAppend(this.progress.maxTimestamp, this.progress.offsetOfMaxTimestamp)
    this.flushIndexes()
    this.trimIndexes()
  }

  /** Closes the segment to appends: its indexes, and the log where it was written last. */
  seal(): void {
    this.sealIndexes()
    const { endPosition } = this.progress
    // Whoever wrote much may have set room aside, and be gone.
    if (this.log.size() > endPosition || endPosition >= muchBytes) this.log.truncate(endPosition)
  }

  /** Makes the log and its indexes durable. */
  syncAll(): void {
    this.log.sync()
    this.offsetIndex.sync()
    this.timeIndex.sync()
    this.#transactions?.sync()
  }

  close(): void {
    this.log.close()
    this.offsetIndex.file.close()
    this.timeIndex.file.close()
    this.#transactions?.file?.close()
  }

  /** The index of aborted transactions; its file is made by the first of them. */
  transactions(): TransactionIndex {
    return (
      this.#findTransactions() ??
      (this.#transactions = new TransactionIndex(() => this.#openPart('txnindex', 'create')))
    )
  }

  #findTransactions(): TransactionIndex | undefined {
    if (this.#transactions !== undefined) return this.#transactions
    try {
      this.#transactions = new TransactionIndex(this.#openPart('txnindex', 'write'))
    } catch (error) {
      if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
    }
    return this.#transactions
  }

  #openPart(part: SegmentPart, mode: OpenMode): OpenFile {
    const { fileSystem, directory, baseOffset, state, indexesAside } = this.#options
    const suffix = indexesAside === true && part !== 'log' ? TEMPORARY_SUFFIX : ''
    return fileSystem.open(`${directory}/${segmentFileName(baseOffset, part, state)}${suffix}`, mode)
  }
}

/** Where an empty segment stands. */
export function emptyProgress(baseOffset: Offset): SegmentProgress {
  return {
    endPosition: filePosition(0),
    indexBytes: 0,
    timeIndexBytes: 0,
    bytesSinceLastIndexEntry: 0,
    maxTimestamp: NO_TIMESTAMP,
    offsetOfMaxTimestamp: baseOffset,
  }
}
