import type { Offset, TimestampMs } from '../../base/brands.ts'
import type { TimestampType } from '../../record/record-batch.ts'
import type { RecordHeader } from '../../record/records.ts'

/** A record as the renderers see it. Bytes are views that live only as long as the batch they lie in. */
export interface OutputRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  /** -1 when the record has none. */
  readonly timestampMs: TimestampMs
  readonly timestampType: TimestampType
  readonly key: Uint8Array | null
  /** null for a tombstone. */
  readonly value: Uint8Array | null
  /** In the order of the record; names may repeat. */
  readonly headers: readonly RecordHeader[]
}
