import type { Offset, TimestampMs } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { ActiveSegment, type ActiveSegmentOptions } from './active-segment.ts'
import { segmentFileName } from './file-names.ts'
import type { PlacedBatch } from './placed-batches.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/**
 * A segment that is written anew beside the log, as `.cleaned` files, to take the place of closed ones by `swapSegments`. Its indexes are made
 * as those of any segment. The caller holds the partition's `PartitionMaintenance`.
 */
export class RewrittenSegment {
  readonly baseOffset: Offset
  readonly #segment: ActiveSegment
  readonly #fileSystem: FileSystem
  readonly #directory: string

  constructor(options: Omit<ActiveSegmentOptions, 'state'>) {
    this.baseOffset = options.baseOffset
    this.#fileSystem = options.fileSystem
    this.#directory = options.directory
    this.#segment = ActiveSegment.create({ ...options, state: '.cleaned' })
  }

  /** Bytes written so far. */
  get sizeInBytes(): number {
    return this.#segment.progress.endPosition
  }

  /** Writes whole batches, whose positions are relative to the first of `bytes`. */
  append(bytes: Uint8Array, batches: Iterable<PlacedBatch>): void {
    const start = this.sizeInBytes
    this.#segment.write(bytes)
    for (const batch of batches) this.#segment.note({ ...batch, position: start + batch.position })
  }

  /** Notes a transaction that was aborted and is still in the log: as the segment with its marker has it. */
  noteAborted(aborted: AbortedTransaction): void {
    this.#segment.noteAborted(aborted)
  }

  /** Makes it whole and durable. `modifiedMs`: of the last segment that it replaces, by which retention may go. */
  finish(modifiedMs: TimestampMs): void {
    this.#segment.seal()
    this.#segment.log.touch(modifiedMs)
    this.#segment.syncAll()
    this.#segment.close()
  }

  /** Removes what was written: it is not wanted any more. */
  discard(): void {
    this.#segment.close()
    for (const part of ['log', 'index', 'timeindex', 'txnindex'] as const) {
      this.#fileSystem.remove(`${this.#directory}/${segmentFileName(this.baseOffset, part, '.cleaned')}`)
    }
  }
}
