import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionView } from './partition-view.ts'
import { loadProducerState } from './producer-loading.ts'
import { Segment } from './segment.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What a reader of committed records must know: up to where transactions are decided, and which batches were aborted (KIP-98). */
export class TransactionView {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #view: PartitionView
  #aborted: readonly AbortedTransaction[] = []
  /** The aborted transactions are known for batches below it. */
  #knownBelow = 0n
  #stable: { end: Offset; lastStableOffset: Offset } | undefined

  constructor(fileSystem: FileSystem, directory: string, view: PartitionView) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#view = view
  }

  /** First offset of a transaction that is open at `end`, or `end`. Costs nothing in a log without producers. */
  lastStableOffset(end: Offset): Offset {
    if (!this.#view.mayHaveProducers) return end
    if (this.#stable?.end === end) return this.#stable.lastStableOffset
    const open = loadProducerState(this.#fileSystem, this.#directory, end).firstOpenTransactionOffset
    const lastStableOffset = open !== undefined && open < end ? open : end
    this.#stable = { end, lastStableOffset }
    return lastStableOffset
  }

  /** Whether a transactional batch below the last stable offset belongs to a transaction that was aborted. */
  isAborted(batch: RecordBatch): boolean {
    if (batch.nextOffset > this.#knownBelow) this.#load()
    const { producerId, baseOffset } = batch
    return this.#aborted.some(
      (one) => one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset,
    )
  }

  #load(): void {
    const aborted: AbortedTransaction[] = []
    for (const base of this.#view.bases) {
      // A segment that was deleted since the listing has nothing more to be read.
      const segment = openIfThere(() => Segment.open(this.#fileSystem, this.#directory, base))
      segment?.transactionIndex()?.forEach((one) => void aborted.push(one))
      segment?.close()
    }
    this.#aborted = aborted
    this.#knownBelow = this.#view.visibleEnd
  }
}
