import type { Offset, TimestampMs } from '../base/brands.ts'
import type { PlacedBatch } from './placed-batches.ts'
import type { RewrittenSegment } from './rewritten-segment.ts'

/** So many bytes are written at once. */
const bufferBytes = 1024 * 1024

/** What a batch says of itself that an index is made of. */
interface BatchFacts {
  readonly lastOffset: Offset
  readonly maxTimestamp: TimestampMs
}

/** Collects the batches of a segment that is written anew, to write many of them at once. */
export class RewrittenOutput {
  readonly #segment: RewrittenSegment
  readonly #bytes = new Uint8Array(bufferBytes)
  #filled = 0
  #batches: PlacedBatch[] = []

  constructor(segment: RewrittenSegment) {
    this.#segment = segment
  }

  /** Takes a copy of `bytes`, a whole batch. */
  add(bytes: Uint8Array, { lastOffset, maxTimestamp }: BatchFacts): void {
    const sizeInBytes = bytes.length
    if (this.#filled + sizeInBytes > bufferBytes) this.flush()
    if (sizeInBytes > bufferBytes) {
      this.#segment.append(bytes, [{ position: 0, sizeInBytes, lastOffset, maxTimestamp }])
      return
    }
    this.#bytes.set(bytes, this.#filled)
    this.#batches.push({ position: this.#filled, sizeInBytes, lastOffset, maxTimestamp })
    this.#filled += sizeInBytes
  }

  /** Writes what was collected. */
  flush(): void {
    if (this.#filled === 0) return
    this.#segment.append(this.#bytes.subarray(0, this.#filled), this.#batches)
    this.#filled = 0
    this.#batches = []
  }
}
