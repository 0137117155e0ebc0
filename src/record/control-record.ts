import type { LeaderEpoch, Offset, ProducerId, TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { decompress } from './compression/compression.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordBatchBuilder } from './record-batch-builder.ts'
import { forEachRecord, type RecordView } from './records.ts'

/** How a transaction ended. */
export type EndTransactionType = 'ABORT' | 'COMMIT'

/** Types of Kafka's `ControlRecordType` in the order of their ids: 0 to 6. */
const types = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const

/** What a control batch says to the log. */
export type ControlRecord =
  | { readonly type: EndTransactionType; readonly coordinatorEpoch: number }
  | { readonly type: Exclude<(typeof types)[number], EndTransactionType> }
  /** A type of a later Kafka; readers pass it over. */
  | { readonly type: 'UNKNOWN'; readonly id: number }

const keyBytes = 4
const endTransactionValueBytes = 6

/**
 * What the one record of a control batch says. Key: int16 version, int16 type; value of ABORT and COMMIT: int16 version, int32
 * coordinator epoch; later versions only add to the end. Throws `MalformedMessageError` when there is no such record.
 */
export function readControlRecord(batch: RecordBatch): ControlRecord {
  let found: ControlRecord | undefined
  const visit = (record: RecordView): void => {
    found ??= parse(record)
  }
  forEachRecord(batch, visit, { decompress })
  if (found === undefined) throw new MalformedMessageError('control batch without a record', batch.bytes.length)
  return found
}

/** Where a marker goes and whose transaction it ends. */
export interface EndTransactionMarker {
  readonly type: EndTransactionType
  readonly producerId: ProducerId
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestamp: TimestampMs
  readonly baseOffset: Offset
  readonly leaderEpoch: LeaderEpoch
}

/** The batch that ends a transaction in one partition; it takes one offset (Kafka's `EndTransactionMarker`, version 0). */
export function buildEndTransactionMarker(marker: EndTransactionMarker): Uint8Array {
  const builder = new RecordBatchBuilder({
    codec: 'none',
    producer: { id: marker.producerId, epoch: marker.producerEpoch, baseSequence: -1 },
    isTransactional: true,
    isControl: true,
    sizeMax: Number.MAX_SAFE_INTEGER,
  })
  const key = new DataView(new ArrayBuffer(keyBytes))
  key.setInt16(2, types.indexOf(marker.type))
  const value = new DataView(new ArrayBuffer(endTransactionValueBytes))
  value.setInt32(2, marker.coordinatorEpoch)
  builder.append({
    key: new Uint8Array(key.buffer),
    value: new Uint8Array(value.buffer),
    timestamp: marker.timestamp,
  })
  return builder.build(marker.baseOffset, marker.leaderEpoch)
}

function parse(record: RecordView): ControlRecord {
  const id = viewOf(record.keyBytes(), { bytesMin: keyBytes, position: record.key.start }).getInt16(2)
  const type = types[id]
  if (type === undefined) return { type: 'UNKNOWN', id }
  if (type !== 'ABORT' && type !== 'COMMIT') return { type }
  const value = viewOf(record.valueBytes(), { bytesMin: endTransactionValueBytes, position: record.value.start })
  return { type, coordinatorEpoch: value.getInt32(2) }
}

function viewOf(
  bytes: Uint8Array | null,
  expected: { readonly bytesMin: number; readonly position: number },
): DataView {
  if (bytes === null || bytes.length < expected.bytesMin) {
    const actual = bytes === null ? 'null' : `${bytes.length} bytes`
    throw new MalformedMessageError(`control record needs ${expected.bytesMin} bytes, has ${actual}`, expected.position)
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
