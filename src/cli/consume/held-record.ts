import type { Offset, TimestampMs } from '../../base/brands.ts'
import type { TimestampType } from '../../record/record-batch.ts'
import type { RecordHeader, RecordView } from '../../record/records.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import type { OutputRecord } from '../format/output-record.ts'

const noHeaders: readonly RecordHeader[] = []

/** A record that waits for its turn. Its bytes stay where they were read to. */
export class HeldRecord implements OutputRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly timestampMs: TimestampMs
  readonly timestampType: TimestampType
  readonly headers: readonly RecordHeader[]
  readonly #bytes: Uint8Array
  readonly #keyStart: number
  readonly #keyEnd: number
  readonly #valueStart: number
  readonly #valueEnd: number

  constructor({ topic, partition }: TopicPartition, view: RecordView, timestampType: TimestampType) {
    this.topic = topic
    this.partition = partition
    this.offset = view.offset
    this.timestampMs = view.timestamp
    this.timestampType = timestampType
    this.headers = view.headerCount === 0 ? noHeaders : view.headers()
    this.#bytes = view.bytes
    this.#keyStart = view.key.start
    this.#keyEnd = view.key.end
    this.#valueStart = view.value.start
    this.#valueEnd = view.value.end
  }

  get key(): Uint8Array | null {
    return this.#keyStart < 0 ? null : this.#bytes.subarray(this.#keyStart, this.#keyEnd)
  }

  get value(): Uint8Array | null {
    return this.#valueStart < 0 ? null : this.#bytes.subarray(this.#valueStart, this.#valueEnd)
  }
}
