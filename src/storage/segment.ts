import { type FilePosition, filePosition, type Offset, offset } from '../base/brands.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import { BatchPeeker } from './batch-peek.ts'
import { BatchWalker } from './batch-walker.ts'
import { type FileState, type SegmentPart, segmentFileName } from './file-names.ts'
import { OffsetIndex } from './offset-index.ts'
import { openIfThere } from './open-if-there.ts'
import { findNextBatch } from './segment-search.ts'
import { TransactionIndex } from './transaction-index.ts'

/** What the entries of an offset index can say. */
const offsetsPerSegment = 2n ** 31n

interface OpenedSegment {
  readonly baseOffset: Offset
  readonly log: OpenFile
  readonly state: FileState
}

/**
 * One segment as readers see it: a `.log`, and its indexes, each opened when it is first asked for. A missing or useless index
 * only makes look-ups slower.
 */
export class Segment {
  readonly baseOffset: Offset
  readonly log: OpenFile
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #state: FileState
  readonly #indexes: OpenFile[] = []

  private constructor(fileSystem: FileSystem, directory: string, opened: OpenedSegment) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#state = opened.state
    this.baseOffset = opened.baseOffset
    this.log = opened.log
  }

  /** `state`: what its files are called when it is on its way in. Throws `DiskError` with code `ENOENT` when it was deleted meanwhile. */
  static open(fileSystem: FileSystem, directory: string, baseOffset: Offset, state: FileState = ''): Segment {
    const log = fileSystem.open(`${directory}/${segmentFileName(baseOffset, 'log', state)}`, 'read')
    return new Segment(fileSystem, directory, { baseOffset, log, state })
  }

  /**
   * Position of the batch with `target`, or of the first one after it; where the segment's readable batches end when all lie
   * before it.
   */
  positionOf(target: Offset): FilePosition {
    if (target <= this.baseOffset) return filePosition(0)
    const peeker = new BatchPeeker(this.log)
    let position: number = this.#startFor(target, peeker)
    for (;;) {
      const batch = peeker.at(position)
      if (batch === undefined || batch.lastOffset >= target) return filePosition(position)
      position += batch.sizeInBytes
    }
  }

  /**
   * The offset after the last whole batch, found by hopping over batches from the last index entry. CRCs are looked at only when a hop does not
   * come out at the end of the file: behind what is damaged there may be more.
   */
  endOffset(): Offset {
    const peeker = new BatchPeeker(this.log)
    const size = this.log.size()
    const start: number = this.#startFor(offset(2n ** 63n - 1n), peeker)
    let position = start
    let end = this.baseOffset
    while (position < size) {
      const batch = peeker.at(position)
      if (batch === undefined || position + batch.sizeInBytes > size) return this.#checkedEnd(start, size)
      if (this.#isFitting(batch.lastOffset)) end = offset(batch.lastOffset + 1n)
      position += batch.sizeInBytes
    }
    return end
  }

  #checkedEnd(start: number, size: number): Offset {
    const walker = new BatchWalker(this.log, { position: start, end: size })
    const offsetMax = offset(this.baseOffset + offsetsPerSegment)
    let end = this.baseOffset
    for (;;) {
      const walked = walker.next()
      if (walked.kind === 'end') return end
      if (walked.kind === 'batch' && walked.isCrcValid) {
        if (this.#isFitting(walked.batch.lastOffset)) end = walked.batch.nextOffset
        continue
      }
      const range = { position: walked.position + 1, end: size, offsetMin: this.baseOffset, offsetMax }
      const found = findNextBatch(this.log, range)
      if (found === undefined) return end
      walker.seek(found)
    }
  }

  /** The base offset of a batch lies outside of its CRC. */
  #isFitting(lastOffset: Offset): boolean {
    return lastOffset >= this.baseOffset && lastOffset < this.baseOffset + offsetsPerSegment
  }

  /** The index is not checksummed, so what it points at is looked at before it is believed. */
  #startFor(target: Offset, peeker: BatchPeeker): number {
    const entry = this.offsetIndex()?.lookup(target)
    if (entry === undefined || entry.position === 0) return 0
    return peeker.at(entry.position)?.lastOffset === entry.offset ? entry.position : 0
  }

  offsetIndex(): OffsetIndex | undefined {
    const file = this.#openPart('index')
    return file && new OffsetIndex(file, this.baseOffset)
  }

  /** In the midst of a swap the log has its final name before this one has: then it is what is on its way in. */
  transactionIndex(): TransactionIndex | undefined {
    const file =
      this.#openPart('txnindex') ??
      (this.#state === '' ? this.#openPart('txnindex', '.swap') : undefined) ??
      this.#openPart('txnindex', '')
    return file && new TransactionIndex(file)
  }

  close(): void {
    this.log.close()
    for (const file of this.#indexes) file.close()
    this.#indexes.length = 0
  }

  #openPart(part: SegmentPart, state = this.#state): OpenFile | undefined {
    const path = `${this.#directory}/${segmentFileName(this.baseOffset, part, state)}`
    const known = this.#indexes.find((file) => file.path === path)
    if (known !== undefined) return known
    const file = openIfThere(() => this.#fileSystem.open(path, 'read'))
    if (file !== undefined) this.#indexes.push(file)
    return file
  }
}
