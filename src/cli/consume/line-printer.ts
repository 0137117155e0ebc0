import { type Offset, offset } from '../../base/brands.ts'
import { type BatchWindow, frontOf } from '../../record/batch-window.ts'
import { decompress } from '../../record/compression/compression.ts'
import { LineDecoder } from '../../record/line-decoder.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { forEachRecord } from '../../record/records.ts'
import type { OutputStream } from '../output.ts'
import type { BatchPrinter, RecordTally, WantedRange } from './batch-printer.ts'
import type { RecordPrinter } from './record-printer.ts'
import type { RecordFilter } from './record-filter.ts'
import { fastWindowBytes, firstWindowBytes } from './window-holder.ts'

export interface LinePrinterOptions {
  readonly output: OutputStream
  /** The byte that ends a record. */
  readonly delimiter: number
  readonly hasNullMarker: boolean
  readonly tally: RecordTally
  /** Whether the offset after the last record must be right, not only after the last batch, when the tally is full. */
  readonly needsExactOffsets: boolean
  readonly filter: RecordFilter | undefined
  /** Prints the same for other batches: old formats, one that is cut by the end of the range, one with records that do not match. */
  readonly records: RecordPrinter
}

/**
 * Prints values and a delimiter of one byte, without an object per record: batches are decoded in the memory that they were read into,
 * in pieces that a pipe takes whole, so that its reader works while the next one is decoded.
 */
export class LinePrinter implements BatchPrinter {
  readonly #options: LinePrinterOptions
  #decoder: LineDecoder
  #window: BatchWindow
  #isFast = false

  constructor(options: LinePrinterOptions) {
    this.#options = options
    this.#decoder = new LineDecoder({
      ...options,
      kind: 'plain',
      windowBytes: firstWindowBytes,
      pieceBytes: firstWindowBytes,
    })
    this.#window = this.#decoder.window
  }

  get window(): BatchWindow {
    return this.#window
  }

  growWindow(bytes: number): void {
    this.#hurry()
    this.#decoder.growWindow(bytes)
    this.#window = frontOf(this.#decoder.window, bytes)
  }

  speedUp(): void {
    this.#hurry()
    this.#window = this.#decoder.window
  }

  print(batch: LogBatch, wanted: WantedRange): Offset {
    const isWhole = batch.nextOffset <= wanted.end && this.#options.filter?.matchesAll(batch) !== false
    if (isWhole && batch instanceof RecordBatch) return this.#printLines(batch, wanted.start)
    this.flush()
    return this.#options.records.print(batch, wanted)
  }

  flush(): void {
    for (;;) {
      const lines = this.#decoder.flush()
      if (lines.length === 0) return
      this.#options.output.write(lines)
    }
  }

  #hurry(): void {
    this.flush()
    if (this.#isFast) return
    this.#isFast = true
    this.#decoder = new LineDecoder({ ...this.#options, windowBytes: fastWindowBytes })
  }

  #printLines(batch: RecordBatch, start: Offset): Offset {
    const { output, tally } = this.#options
    const decoder = this.#decoder
    const skipped = start - batch.baseOffset
    decoder.open(batch, { firstOffsetDelta: skipped > 0n ? Number(skipped) : 0, recordsMax: tally.left })
    try {
      for (let piece = decoder.next(); piece !== undefined; piece = decoder.next()) output.write(piece)
    } finally {
      tally.printed += decoder.recordsWritten
    }
    if (tally.left > 0 || !this.#options.needsExactOffsets) return batch.nextOffset
    return offsetAfter(batch, start, decoder.recordsWritten)
  }
}

/** The offset after the `count`-th record from `start` on. */
function offsetAfter(batch: RecordBatch, start: Offset, count: number): Offset {
  const first = start > batch.baseOffset ? start : batch.baseOffset
  if (batch.hasNoGaps) return offset(first + BigInt(count))
  let seen = 0
  let next = batch.nextOffset
  forEachRecord(
    batch,
    (record) => {
      if (record.offset < start || ++seen < count) return true
      next = offset(record.offset + 1n)
      return false
    },
    { decompress },
  )
  return next
}
