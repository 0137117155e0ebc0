import type { LeaderEpoch, Offset, TimestampMs } from '../base/brands.ts'
import { RefusedError } from '../base/errors.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { Durability } from './appended.ts'

/** A batch that was, or is about to be, written at `position`, in bytes of its segment's `.log`. */
export interface PlacedBatch {
  position: number
  readonly sizeInBytes: number
  readonly lastOffset: Offset
  readonly maxTimestamp: TimestampMs
}

/** Batches that are about to be appended together. */
export interface PlacedBatches {
  /** Positions count from the first byte of the append. */
  readonly batches: readonly PlacedBatch[]
  /** The offset after the last record. */
  readonly nextOffset: Offset
  readonly maxTimestamp: TimestampMs
  /** Whether any of them is from an idempotent or transactional producer. */
  readonly hasProducers: boolean
}

/** An append whose batches have their places. */
export interface PlacedAppend {
  readonly batches: Uint8Array
  readonly placed: PlacedBatches
  readonly durability: Durability
}

/** A log whose end comes to here has no offsets left, and takes nothing more. */
export const offsetEnd = 2n ** 63n - 1n

/**
 * Gives whole v2 batches, one after the other in `bytes`, their base offsets from `firstOffset` on and their leader epoch, in place.
 * Throws `MalformedMessageError` when they are not whole batches, `RefusedError` when
 * there are no offsets left for them.
 */
export function placeBatches(bytes: Uint8Array, firstOffset: Offset, epoch: LeaderEpoch): PlacedBatches {
  const batches: PlacedBatch[] = []
  let nextOffset = firstOffset
  let maxTimestamp = -1
  let hasProducers = false
  for (let position = 0; position < bytes.length;) {
    const batch = new RecordBatch(bytes, position)
    batch.assign(nextOffset, epoch)
    nextOffset = batch.nextOffset
    if (nextOffset >= offsetEnd) throw new RefusedError(`the log has no offsets left: it ends at ${firstOffset}`)
    const { sizeInBytes } = batch
    const placed = { position, sizeInBytes, lastOffset: (nextOffset - 1n) as Offset, maxTimestamp: batch.maxTimestamp }
    batches.push(placed)
    if (placed.maxTimestamp > maxTimestamp) maxTimestamp = placed.maxTimestamp
    if (batch.hasProducer) hasProducers = true
    position += sizeInBytes
  }
  return { batches, nextOffset, maxTimestamp, hasProducers }
}
