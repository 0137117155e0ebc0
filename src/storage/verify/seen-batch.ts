import type { TimestampMs } from '../../base/brands.ts'

/** What the checks of the indexes are told of a batch that is where it should be. Offsets are counted from the segment's base offset, as indexes do. */
export interface SeenBatch {
  readonly position: number
  readonly sizeInBytes: number
  readonly firstDelta: number
  readonly lastDelta: number
  readonly maxTimestamp: TimestampMs
}
