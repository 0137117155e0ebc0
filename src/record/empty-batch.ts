import { type LeaderEpoch, NO_PRODUCER_ID, NO_TIMESTAMP, type Offset } from '../base/brands.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from './record-batch.ts'

/** The offsets that an empty batch stands for, and the leader epoch of those around them. */
export interface EmptyBatchSpec {
  readonly firstOffset: Offset
  /** The offset after the last one: at most 2^31 further on. */
  readonly nextOffset: Offset
  readonly leaderEpoch: LeaderEpoch
}

/**
 * A batch without records that stands for offsets whose records are gone, as compaction leaves them (Kafka: `DefaultRecordBatch.writeEmptyHeader`):
 * readers of every kind pass over it.
 */
export function emptyBatch({ firstOffset, nextOffset, leaderEpoch }: EmptyBatchSpec): Uint8Array {
  const bytes = new Uint8Array(RecordBatch.overhead)
  const view = new DataView(bytes.buffer)
  view.setInt32(batchFieldAt.batchLength, RecordBatch.overhead - batchLengthOverhead)
  view.setInt8(batchFieldAt.magic, 2)
  view.setInt32(batchFieldAt.lastOffsetDelta, Number(nextOffset - firstOffset) - 1)
  view.setBigInt64(batchFieldAt.baseTimestamp, BigInt(NO_TIMESTAMP))
  view.setBigInt64(batchFieldAt.maxTimestamp, BigInt(NO_TIMESTAMP))
  view.setBigInt64(batchFieldAt.producerId, NO_PRODUCER_ID)
  view.setInt16(batchFieldAt.producerEpoch, -1)
  view.setInt32(batchFieldAt.baseSequence, -1)
  const batch = new RecordBatch(bytes)
  batch.assign(firstOffset, leaderEpoch)
  batch.sealCrc()
  return bytes
}
