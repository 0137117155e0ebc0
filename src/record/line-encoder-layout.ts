import { kernelSlackBytes } from './kernel/slack.ts'
import { RecordBatch } from './record-batch.ts'

export interface LineEncoderSizes {
  readonly keyBytes: number
  readonly headersBytes: number
  /** Room for a batch, header included. */
  readonly batchBytes: number
  /** Room that a read finds at least. */
  readonly readBytes: number
  /** Room for input: an unfinished line and a read. */
  readonly inputBytes: number
}

/**
 * Where things lie in the memory of a `LineEncoder`. Each part is followed by the kernel's slack:
 *
 * ```
 * key section | headers section | batch: header 61, records | input
 * ```
 */
export class LineEncoderLayout {
  readonly keyStart = 0
  readonly headersStart: number
  readonly batchStart: number
  readonly recordsStart: number
  readonly batchEnd: number
  readonly inputStart: number
  readonly inputEnd: number
  readonly #sizes: LineEncoderSizes

  constructor(sizes: LineEncoderSizes) {
    this.#sizes = sizes
    this.headersStart = sizes.keyBytes + kernelSlackBytes
    this.batchStart = this.headersStart + sizes.headersBytes + kernelSlackBytes
    this.recordsStart = this.batchStart + RecordBatch.overhead
    this.batchEnd = this.batchStart + Math.max(sizes.batchBytes, RecordBatch.overhead)
    this.inputStart = this.batchEnd + kernelSlackBytes
    this.inputEnd = this.inputStart + sizes.inputBytes
  }

  get memoryBytes(): number {
    return this.inputEnd + kernelSlackBytes
  }

  get batchBytes(): number {
    return this.#sizes.batchBytes
  }

  get readBytes(): number {
    return this.#sizes.readBytes
  }

  get inputBytes(): number {
    return this.#sizes.inputBytes
  }

  /** The most that a record with a value of `valueBytes` takes: lengths and deltas are at most 5, 1, 10, 5 and 5 bytes. */
  recordBytesMax(valueBytes: number): number {
    return 26 + this.#sizes.keyBytes + valueBytes + this.#sizes.headersBytes
  }

  with(sizes: Partial<LineEncoderSizes>): LineEncoderLayout {
    return new LineEncoderLayout({ ...this.#sizes, ...sizes })
  }
}
