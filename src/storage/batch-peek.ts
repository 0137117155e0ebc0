import type { Offset, TimestampMs } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { batchFieldAt } from '../record/record-batch.ts'

/** What the first bytes of a batch say, without the rest of it having been read or checked. */
export interface BatchPeek {
  readonly sizeInBytes: number
  readonly lastOffset: Offset
  readonly maxTimestamp: TimestampMs
}

const peekBytes = 61
const bytesBeforeSize = 12
const sizeMin = 14

/**
 * Reads batch heads one by one, so that a look-up can hop over batches whose records it does not need. Works for every magic;
 * a compressed set of magic 0 or 1 counts by its last offset, as Kafka's file walk does.
 */
export class BatchPeeker {
  readonly #file: OpenFile
  readonly #bytes = new Uint8Array(peekBytes)
  readonly #view = new DataView(this.#bytes.buffer)

  constructor(file: OpenFile) {
    this.#file = file
  }

  /** The batch at `position` (bytes), or `undefined` when none can begin there or the file ends before its head does. */
  at(position: number): BatchPeek | undefined {
    const read = this.#file.read(this.#bytes, position)
    if (read < 17) return undefined
    const size = this.#view.getInt32(8)
    if (size < sizeMin) return undefined
    const magic = this.#bytes[batchFieldAt.magic]
    if (magic === 2) return read < peekBytes ? undefined : this.#batch(size)
    return magic === 0 || magic === 1 ? this.#message(size, magic) : undefined
  }

  #batch(size: number): BatchPeek {
    const lastOffset = this.#view.getBigInt64(0) + BigInt(this.#view.getInt32(batchFieldAt.lastOffsetDelta))
    const maxTimestamp = Number(this.#view.getBigInt64(batchFieldAt.maxTimestamp))
    return { sizeInBytes: bytesBeforeSize + size, lastOffset: lastOffset as Offset, maxTimestamp }
  }

  #message(size: number, magic: number): BatchPeek {
    const maxTimestamp = magic === 1 ? Number(this.#view.getBigInt64(18)) : -1
    return { sizeInBytes: bytesBeforeSize + size, lastOffset: this.#view.getBigInt64(0) as Offset, maxTimestamp }
  }
}
