import type { FinishedBatch } from './batch-sink.ts'

/** Bytes that are appended at once: what is well written in one piece. */
const joinedBytesMax = 64 * 1024

/** Of a segment, so that batches which are appended together do not fill it much less than one by one. */
const segmentShare = 16

/** Small batches for one partition that came right after each other: one append of all costs little more than one of each. */
export class JoinedBatches {
  readonly #bytesMax: number
  #memory: Uint8Array | undefined
  #partition = -1
  #filled = 0
  #records = 0
  #payloadBytes = 0

  constructor(segmentBytes: number) {
    this.#bytesMax = Math.min(joinedBytesMax, Math.floor(segmentBytes / segmentShare))
  }

  /** Whether a batch for `partition` may stand behind those that it has. */
  takes(partition: number, { bytes }: FinishedBatch): boolean {
    if (this.#filled > 0 && partition !== this.#partition) return false
    return bytes.length <= this.#bytesMax - this.#filled
  }

  /** Takes a copy of a batch, which it must have room for. */
  add(partition: number, batch: FinishedBatch): void {
    this.#memory ??= new Uint8Array(this.#bytesMax)
    this.#memory.set(batch.bytes, this.#filled)
    this.#partition = partition
    this.#filled += batch.bytes.length
    this.#records += batch.records
    this.#payloadBytes += batch.payloadBytes
  }

  /** All that it has, as if it were one batch, valid until the next call; it is empty afterwards. */
  take(): FinishedBatch | undefined {
    if (this.#memory === undefined || this.#filled === 0) return undefined
    const taken = {
      partition: this.#partition,
      bytes: this.#memory.subarray(0, this.#filled),
      records: this.#records,
      payloadBytes: this.#payloadBytes,
    }
    this.#filled = 0
    this.#records = 0
    this.#payloadBytes = 0
    return taken
  }
}
