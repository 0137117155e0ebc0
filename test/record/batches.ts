import { decompress } from '../../src/record/compression/compression.ts'
import type { CompressionCodec } from '../../src/record/codec.ts'
import type { LogBatch } from '../../src/record/log-batch.ts'
import { type NewRecord, RecordBatchBuilder } from '../../src/record/record-batch-builder.ts'
import { forEachRecord } from '../../src/record/records.ts'

/** What `readAll` keeps of a record. */
export interface SeenRecord {
  readonly offset: bigint
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

/** All records of a batch, with bytes as latin1 text. */
export function readAll(batch: LogBatch, limitBytes?: number): SeenRecord[] {
  const seen: SeenRecord[] = []
  forEachRecord(
    batch,
    (record) => {
      seen.push({
        offset: record.offset,
        timestamp: record.timestamp,
        key: latin1(record.keyBytes()),
        value: latin1(record.valueBytes()),
        headers: record.headers().map((header) => ({ key: header.key, value: latin1(header.value) })),
      })
    },
    limitBytes === undefined ? { decompress } : { decompress, limitBytes },
  )
  return seen
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** The bytes of a batch of `records` at base offset 0. */
export function batchOf(codec: CompressionCodec, records: readonly NewRecord[]): Uint8Array {
  const builder = new RecordBatchBuilder({ codec, sizeMax: 2 ** 30 })
  for (const record of records) builder.append(record)
  return builder.build()
}

export function latin1(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1')
}
