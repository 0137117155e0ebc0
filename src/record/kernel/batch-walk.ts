/**
 * Where a walk over batches stands. An ordinary batch is whole, begins with the offset that is next and ends below `endOffset`; it has a right CRC,
 * the leader epoch that is asked for, a count of records that its offsets allow, a codec that exists, and is no control batch.
 */
export interface BatchWalk {
  /** Where the next batch begins. */
  position: number
  readonly end: number
  /** The offset that the next batch begins with. */
  nextOffset: bigint
  readonly endOffset: bigint
  readonly leaderEpoch: number
}

/** What a walk tells of the batches that it took, each at its index in the columns. Holds until the next walk of the same kernel. */
export interface WalkedBatches {
  /** 0 to `walkedBatchesMax`. */
  readonly count: number
  /** Of all of them. */
  readonly records: number
  readonly sizes: Uint32Array
  /** Offsets that a batch takes up. */
  readonly offsetCounts: Uint32Array
  readonly maxTimestamps: Float64Array
  /** 1 where a producer id stands. */
  readonly ofProducers: Uint8Array
}

/** One walk takes no more. */
export const walkedBatchesMax = 256
