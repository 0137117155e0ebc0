/** What the oracle answers, field for field as oracle/*.java writes it: an int64 is a bigint here. */

/** One batch as Kafka reads it from a .log file. */
interface BatchFacts {
  /** Bytes from the start of the file. */
  readonly position: number
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly size: number
  readonly magic: number
  readonly codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly timestampType: string
  readonly maxTimestamp: bigint
  readonly leaderEpoch: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizonMs: bigint | null
  /** Null for magic 0 and 1, which do not say. */
  readonly recordCount: number | null
  /** As lower-case hex. */
  readonly crc: string
  readonly isValid: boolean
}

/** A segment with its index entries, taken before Kafka closed the log. */
interface SegmentFacts {
  readonly baseOffset: bigint
  readonly size: number
  readonly largestTimestamp: bigint
  readonly offsetIndex: readonly { readonly offset: bigint; readonly position: number }[]
  readonly timeIndex: readonly { readonly timestamp: bigint; readonly offset: bigint }[]
  readonly abortedTransactions: readonly AbortedTransactionFacts[]
  readonly batches: readonly BatchFacts[]
  /** Kafka's exception when walking the batches met damage: the list then ends before it. */
  readonly scanError?: string
}

interface AbortedTransactionFacts {
  readonly producerId: bigint
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  readonly lastStableOffset: bigint
}

/** The state Kafka keeps for one idempotent or transactional producer. */
interface ProducerFacts {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly lastTimestamp: bigint
  readonly currentTransactionFirstOffset: bigint | null
  /** The last batches, at most five, by which duplicates are found. */
  readonly batches: readonly {
    readonly firstSequence: number
    readonly lastSequence: number
    readonly firstOffset: bigint
    readonly lastOffset: bigint
    readonly timestamp: bigint
  }[]
}

/** A partition log that Kafka has loaded. */
export interface LogFacts {
  /** `topic-partition`. */
  readonly partition: string
  readonly topicId: string | null
  readonly logStartOffset: bigint
  readonly logEndOffset: bigint
  readonly recoveryPoint: bigint
  readonly firstUnstableOffset: bigint | null
  readonly leaderEpochs: readonly { readonly epoch: number; readonly startOffset: bigint }[]
  readonly producers: readonly ProducerFacts[]
  readonly segments: readonly SegmentFacts[]
}

/** The exception with which Kafka refused. */
export interface OracleFailure {
  readonly error: { readonly type: string; readonly message: string; readonly cause?: string; readonly at?: string }
}

/** A record as Kafka decodes it. */
export interface RecordFacts {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
  readonly sequence: number
  readonly producerId: bigint
  /** The type of a control record (COMMIT, ABORT, ...), null for data. */
  readonly control: string | null
}
