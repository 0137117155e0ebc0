import type { Offset } from '../base/brands.ts'

/** The four offsets of a log. */
export interface LogOffsets {
  /** First offset a consumer may still read; retention and DeleteRecords move it forward. */
  readonly logStartOffset: Offset
  /** First offset of a transaction still open, or the high watermark. */
  readonly lastStableOffset: Offset
  /** First offset not yet on every in-sync replica: consumers read below it. */
  readonly highWatermark: Offset
  /** The offset the next record will get. */
  readonly logEndOffset: Offset
}
