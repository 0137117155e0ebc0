import type { Offset } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import type { RecordBatch } from '../record/record-batch.ts'
import { openIfThere } from './open-if-there.ts'
import type { PartitionView } from './partition-view.ts'
import { loadProducerState } from './producer-loading.ts'
import { type ProducerState, stableBelow } from './producer-state.ts'
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
  #stable: { end: Offset; logStartOffset: Offset; lastStableOffset: Offset } | undefined

  constructor(fileSystem: FileSystem, directory: string, view: PartitionView) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#view = view
  }

  /** First offset of a transaction that is open at `end`, or `end`. Costs nothing in a log without producers. */
  lastStableOffset(end: Offset): Offset {
    if (!this.#view.mayHaveProducers) return end
    const { logStartOffset } = this.#view
    if (this.#stable?.end === end && this.#stable.logStartOffset === logStartOffset)
      return this.#stable.lastStableOffset
    const load = (): ProducerState => loadProducerState(this.#fileSystem, this.#directory, end)
    const open = this.#stably(() => openIfThere(load))?.firstOpenTransactionOffset
    const lastStableOffset = stableBelow(end, open, logStartOffset)
    this.#stable = { end, logStartOffset, lastStableOffset }
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
    this.#aborted = this.#stably(() => this.#collectAborted()) ?? []
    this.#knownBelow = this.#view.visibleEnd
  }

  #collectAborted(): AbortedTransaction[] {
    const aborted: AbortedTransaction[] = []
    for (const base of this.#view.bases) {
      // A segment that was deleted since the listing has nothing more to be read.
      const state = this.#view.fileStateOf(base)
      const segment = openIfThere(() => Segment.open(this.#fileSystem, this.#directory, base, state))
      segment?.transactionIndex()?.forEach((one) => void aborted.push(one))
      segment?.close()
    }
    return aborted
  }

  /** What `load` gives while the segments stay what they are: between two looks that find the same. `undefined`: it found nothing, each time. */
  #stably<T>(load: () => T | undefined): T | undefined {
    let loaded: T | undefined
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const { version } = this.#view
      loaded = load()
      this.#view.refresh()
      if (loaded !== undefined && this.#view.version === version) return loaded
    }
    return loaded
  }
}

/** How often segments may be replaced under a look at them before what was seen last must do. */
const attemptsMax = 16
