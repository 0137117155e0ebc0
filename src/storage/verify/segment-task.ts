import type { Offset } from '../../base/brands.ts'

/** One segment to be checked, with what is known of it from elsewhere. Plain data: it may go to another thread. */
export interface SegmentTask {
  /** The partition's directory. */
  readonly directory: string
  readonly baseOffset: Offset
  /** Bytes of the `.log` when the check was planned. */
  readonly bytes: number
  /** Where the next segment begins; `undefined` in the last one. */
  readonly endOffset: Offset | undefined
  readonly isFirst: boolean
  /** How far a writer of this boot says the last segment reaches. */
  readonly published: PublishedEnd | undefined
  /** What is below was synced once. */
  readonly recoveryPoint: Offset
  /** The directory was closed in order: nothing may follow the last batch, and the recovery point is the end of the log. */
  readonly wasClosed: boolean
  /** Below it gaps between batches are what compaction leaves. */
  readonly compactedBelow: Offset
  /** index.interval.bytes of the topic, where it is known. */
  readonly indexIntervalBytes: number | undefined
  /** Also decompress batches and walk their records. */
  readonly isDeep: boolean
}

/** The end of a log by the word of its writers. */
export interface PublishedEnd {
  readonly logEndOffset: Offset
  readonly endPosition: number
  readonly indexBytes: number
  readonly timeIndexBytes: number
}
