import type { Offset } from '../../base/brands.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import type { BatchSource } from '../../store/log-store.ts'
import { endStartUp } from '../start-up.ts'
import { fewBytesMax, type StagedWindowHolder } from './window-holder.ts'

/** From `start` to `end`, exclusive. */
export interface OffsetRange {
  readonly start: Offset
  readonly end: Offset
}

/** Returns false to see no more. */
export type BatchVisitor = (batch: LogBatch) => boolean | void

/**
 * Shows the batches of a partition that have records in a range, to find where reading is to begin. What cannot be read is passed over: the
 * reading itself reports it. The first and the last batch may reach beyond the range.
 */
export class BatchWalk {
  readonly source: BatchSource
  readonly #memory: StagedWindowHolder
  #bytesRead = 0

  /** `memory` may be lent: what is in its window is used up before `each` returns. */
  constructor(source: BatchSource, memory: StagedWindowHolder) {
    this.source = source
    this.#memory = memory
  }

  async each({ start, end }: OffsetRange, visit: BatchVisitor): Promise<void> {
    if (start >= end) return
    this.source.seek(start)
    for (;;) {
      const read = await this.source.read(this.#memory.window)
      if (read.kind === 'end') return
      if (read.kind === 'large') this.#memory.growWindow(read.sizeInBytes)
      if (read.kind !== 'batches') continue
      if (!this.#show(read.end, end, visit)) return
      this.#bytesRead += read.end
      if (this.#bytesRead <= fewBytesMax) continue
      endStartUp()
      this.#memory.speedUp()
    }
  }

  /** False when the walk is over. */
  #show(filled: number, end: Offset, visit: BatchVisitor): boolean {
    for (let at = 0; at < filled;) {
      const scanned = scanBatch(this.#memory.window.bytes, at, filled)
      if (scanned.kind !== 'batch') return true
      const { batch } = scanned
      if (this.source.isShown(batch) && visit(batch) === false) return false
      if (batch.nextOffset >= end) return false
      at += batch.sizeInBytes
    }
    return true
  }
}
