import type { Offset, TimestampMs } from '../../base/brands.ts'

/** What the checks of the indexes are told of a batch that is where it should be. */
export interface SeenBatch {
  readonly position: number
  readonly sizeInBytes: number
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly maxTimestamp: TimestampMs
}
