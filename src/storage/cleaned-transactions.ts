import type { Offset, ProducerId } from '../base/brands.ts'
import { readControlRecord } from '../record/control-record.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { AbortedTransaction } from './transaction-index.ts'

interface AbortedProgress {
  readonly transaction: AbortedTransaction
  /** A batch of it is in the log still. */
  isSeen: boolean
}

/**
 * What compaction knows of transactions while it reads a log front to back: which batches were aborted and go, and which markers end a
 * transaction that has nothing left in the log. Kafka: CleanedTransactionMetadata.
 */
export class CleanedTransactions {
  /** Of those that are to come, the last one begins first. */
  #coming: AbortedTransaction[] = []
  readonly #aborted = new Map<ProducerId, AbortedProgress>()
  readonly #committed = new Set<ProducerId>()
  readonly #onKept: (transaction: AbortedTransaction) => void

  /** `onKept` is told of each aborted transaction whose marker must stay in the index. */
  constructor(onKept: (transaction: AbortedTransaction) => void = () => {}) {
    this.#onKept = onKept
  }

  /** Aborted transactions with batches among those that are read next; those that were added before do no harm. */
  add(transactions: readonly AbortedTransaction[]): void {
    this.#coming = [...this.#coming, ...transactions].sort((one, other) =>
      one.firstOffset < other.firstOffset ? 1 : -1,
    )
  }

  /** Whether a batch of records belongs to a transaction that was aborted. */
  noteBatch(batch: LogBatch): boolean {
    this.#advance(batch.lastOffset)
    if (!(batch instanceof RecordBatch) || !batch.isTransactional) return false
    const aborted = this.#aborted.get(batch.producerId)
    if (aborted === undefined) {
      this.#committed.add(batch.producerId)
      return false
    }
    aborted.isSeen = true
    return true
  }

  /** Whether nothing is left in the log of the transaction that a control batch ends: once readers have had time to see it, it may go. */
  noteControlBatch(batch: RecordBatch): boolean {
    this.#advance(batch.lastOffset)
    // The record of an empty one is gone already.
    if (batch.recordCount === 0) return true
    const { type } = readControlRecord(batch)
    if (type === 'COMMIT') return !this.#committed.delete(batch.producerId)
    return type === 'ABORT' && this.#endAborted(batch.producerId)
  }

  #endAborted(producer: ProducerId): boolean {
    const aborted = this.#aborted.get(producer)
    this.#aborted.delete(producer)
    if (aborted?.isSeen !== true) return true
    this.#onKept(aborted.transaction)
    return false
  }

  #advance(lastOffset: Offset): void {
    for (;;) {
      const next = this.#coming.at(-1)
      if (next === undefined || next.firstOffset > lastOffset) return
      this.#coming.pop()
      if (!this.#aborted.has(next.producerId)) this.#aborted.set(next.producerId, { transaction: next, isSeen: false })
    }
  }
}
