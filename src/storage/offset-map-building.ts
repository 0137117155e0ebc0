import { offset, type Offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import { CleanerFeed, type FedBatch, type OnBytes } from './cleaner-feed.ts'
import { feedMade, layOutRecords, modernBatches } from './cleaner-records.ts'
import type { CleanerKernel } from './kernel/cleaner-kernel.ts'
import type { Segment } from './segment.ts'

export interface MapBuildingOptions {
  readonly kernel: CleanerKernel
  /** Keys below it are not noted. */
  readonly firstDirtyOffset: Offset
  /** The map is full with so many. */
  readonly keysMax: number
  readonly transactions: CleanedTransactions
}

/**
 * Fills the map of a kernel with the last offset of each key, segment by segment. Records of aborted transactions, control records and records
 * without a key are not noted. Kafka: Cleaner.buildOffsetMapForSegment.
 */
export class MapBuilding {
  readonly #options: MapBuildingOptions
  #latestOffset: Offset

  constructor(options: MapBuildingOptions) {
    this.#options = options
    this.#latestOffset = offset(options.firstDirtyOffset - 1n)
  }

  /** The map knows all keys from the first dirty offset up to this one. */
  get latestOffset(): Offset {
    return this.#latestOffset
  }

  /** Notes the keys of a segment that ends at `endOffset`. False when the map is full. */
  async addSegment(segment: Segment, endOffset: Offset, onBytes: OnBytes): Promise<boolean> {
    const { kernel, firstDirtyOffset } = this.#options
    const feed = new CleanerFeed(kernel, segment.log, segment.positionOf(firstDirtyOffset))
    const visit = (fed: FedBatch): boolean => {
      const { lastOffset } = fed.batch
      const isNoted = this.#addBatch(fed)
      if (isNoted) this.#advance(lastOffset)
      return isNoted
    }
    if (!(await feed.forEach(visit, onBytes))) return false
    // Offsets that are missing at the end of a segment are known too.
    this.#advance(offset(endOffset - 1n))
    return true
  }

  #addBatch(fed: FedBatch): boolean {
    const { kernel, transactions } = this.#options
    const { batch } = fed
    if (batch instanceof RecordBatch) {
      if (batch.isControl) {
        transactions.noteControlBatch(batch)
        return true
      }
      return transactions.noteBatch(batch) || this.#addRecords(fed, batch)
    }
    transactions.noteBatch(batch)
    return modernBatches(batch).every((one) => {
      const made = feedMade(kernel, one, fed.freeStart)
      return this.#addRecords(made, one)
    })
  }

  /** False when the map has become full. */
  #addRecords(fed: FedBatch, batch: RecordBatch): boolean {
    const { kernel, firstDirtyOffset: firstOffset, keysMax } = this.#options
    const records = layOutRecords(kernel, fed, batch)
    const { stop, lastOffset } = kernel.noteKeys({ ...records, firstOffset, keysMax })
    if (stop === 'malformed') throw new MalformedMessageError('records do not follow their format', records.start)
    this.#advance(lastOffset)
    return stop === 'done'
  }

  #advance(to: Offset): void {
    if (to > this.#latestOffset) this.#latestOffset = to
  }
}
