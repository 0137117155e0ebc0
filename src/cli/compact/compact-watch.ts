import type { CleaningPlan } from '../../storage/cleaning-plan.ts'
import type { CliContext } from '../context.ts'
import { type ProgressLine, progressLineOf, showStatusOnSignal } from '../progress.ts'
import { SignalWatch, type StopSignal } from '../signals.ts'

/** Compaction was told to end by a signal: what was under way is undone, what was done stays. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

/** Between two turns of the event loop, which signals wait for. */
const bytesPerTurn = 16 * 1024 * 1024

/** The line of progress of a compaction, and the signals that end it. */
export class CompactWatch {
  readonly #line: ProgressLine
  readonly #signals = new SignalWatch()
  readonly #status: Disposable
  readonly #bytesTotal: number
  #bytes = 0
  #turnAt = bytesPerTurn

  constructor(plans: readonly CleaningPlan[], options: { readonly quiet: boolean }, context: CliContext) {
    this.#line = progressLineOf(context, options)
    this.#status = showStatusOnSignal(this.#line)
    // Dirty segments are read twice: for their keys, and to be copied.
    this.#bytesTotal = plans
      .filter(({ isDue }) => isDue)
      .reduce((sum, { cleanBytes, dirtyBytes }) => sum + cleanBytes + 2 * dirtyBytes, 0)
  }

  get signal(): StopSignal | undefined {
    return this.#signals.pending()
  }

  /** Counts bytes; what it returns ends the work when a signal has come. */
  readonly onBytes = (bytes: number): Promise<void> | undefined => {
    this.#bytes += bytes
    this.#line.update({ bytes: this.#bytes, bytesTotal: Math.max(this.#bytes, this.#bytesTotal) })
    if (this.#bytes < this.#turnAt) return undefined
    this.#turnAt = this.#bytes + bytesPerTurn
    return this.#turn()
  }

  async #turn(): Promise<void> {
    await this.#signals.turn()
    if (this.signal !== undefined) throw new StoppedError(this.signal)
  }

  /** Takes the line away. */
  clear(): void {
    this.#line.clear()
  }

  [Symbol.dispose](): void {
    this.clear()
    this.#status[Symbol.dispose]()
    this.#signals[Symbol.dispose]()
  }
}
