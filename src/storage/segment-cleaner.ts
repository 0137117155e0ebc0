import { RecordBatch } from '../record/record-batch.ts'
import { BatchFilter, type FilteredBatch, type FilterRules } from './batch-filter.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import { CleanerFeed, type FedBatch, type OnBytes } from './cleaner-feed.ts'
import { feedMade, modernBatches } from './cleaner-records.ts'
import type { CleanerKernel } from './kernel/cleaner-kernel.ts'
import { RewrittenOutput } from './rewritten-output.ts'
import type { RewrittenSegment } from './rewritten-segment.ts'
import type { Segment } from './segment.ts'

export interface SegmentCleanerOptions {
  readonly kernel: CleanerKernel
  readonly rules: FilterRules
  readonly transactions: CleanedTransactions
  readonly target: RewrittenSegment
  readonly counts: CleanedCounts
}

/** What compaction did, in records and bytes. */
export interface CleanedCounts {
  bytesRead: number
  bytesWritten: number
  recordsRead: number
  recordsKept: number
  /** Records that went because they have no key: in a compacted log they should not be. */
  recordsWithoutKey: number
}

export function emptyCounts(): CleanedCounts {
  return { bytesRead: 0, bytesWritten: 0, recordsRead: 0, recordsKept: 0, recordsWithoutKey: 0 }
}

/** Copies what stays of closed segments into one that is written anew. */
export class SegmentCleaner {
  readonly #options: SegmentCleanerOptions
  readonly #output: RewrittenOutput
  readonly #filter: BatchFilter

  constructor(options: SegmentCleanerOptions) {
    const { kernel, rules, transactions, target } = options
    this.#options = options
    this.#output = new RewrittenOutput(target)
    this.#filter = new BatchFilter(kernel, rules, transactions)
  }

  /** `keepsLegacyTombstones`: those of magic 0 and 1, whose batches can say no delete horizon. */
  async add(segment: Segment, keepsLegacyTombstones: boolean, onBytes: OnBytes): Promise<void> {
    const { kernel, counts, rules, transactions } = this.#options
    let legacy: BatchFilter | undefined
    const legacyFilter = (): BatchFilter => {
      // A message of old has no horizon, and gets none.
      const ofOld = { ...rules, deleteRetentionMs: Infinity, dropsTombstones: !keepsLegacyTombstones }
      return (legacy ??= new BatchFilter(kernel, ofOld, transactions))
    }
    const visit = (fed: FedBatch): void => {
      const { batch } = fed
      counts.bytesRead += batch.sizeInBytes
      counts.recordsRead += batch.recordCount
      if (batch instanceof RecordBatch) this.#add(fed, batch)
      else this.#addLegacy(fed, legacyFilter())
    }
    await new CleanerFeed(kernel, segment.log).forEach(visit, onBytes)
  }

  /** Writes what is left to write. */
  finish(): void {
    this.#output.flush()
  }

  #add(fed: FedBatch, batch: RecordBatch): void {
    const { sizeInBytes, lastOffset, maxTimestamp } = batch
    const filtered = this.#filter.filter(fed, batch)
    this.#count(filtered)
    if (filtered.kind === 'original') {
      const bytes = this.#options.kernel.memory.subarray(fed.start, fed.start + sizeInBytes)
      this.#keep(bytes, { lastOffset, maxTimestamp })
    }
    if (filtered.kind === 'rewritten') this.#keep(filtered.bytes, { lastOffset, maxTimestamp: filtered.maxTimestamp })
  }

  /** A set of magic 0 or 1 stays as it is, or what stays of it becomes batches of magic 2: nothing else is written. */
  #addLegacy({ batch, freeStart }: FedBatch, filter: BatchFilter): void {
    const { lastOffset, maxTimestamp } = batch
    const whole = batch.bytes.slice()
    const kept: RecordBatch[] = []
    let isWhole = true
    for (const message of modernBatches(batch)) {
      const filtered = filter.filter(feedMade(this.#options.kernel, message, freeStart), message)
      this.#count(filtered)
      isWhole &&= filtered.kind === 'original'
      if (filtered.kind === 'original') kept.push(message)
      if (filtered.kind === 'rewritten') kept.push(new RecordBatch(filtered.bytes.slice()))
    }
    if (isWhole) this.#keep(whole, { lastOffset, maxTimestamp })
    else for (const message of kept) this.#keep(message.bytes, message)
  }

  #keep(bytes: Uint8Array, facts: Pick<RecordBatch, 'lastOffset' | 'maxTimestamp'>): void {
    this.#options.counts.bytesWritten += bytes.length
    this.#output.add(bytes, facts)
  }

  #count(filtered: FilteredBatch): void {
    const { counts } = this.#options
    counts.recordsWithoutKey += filtered.keyless
    if (filtered.kind !== 'dropped') counts.recordsKept += filtered.records
  }
}
