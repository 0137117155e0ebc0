import { NO_LEADER_EPOCH, type Offset, offset } from '../../base/brands.ts'
import { type BatchWindow, plainBatchWindow } from '../../record/batch-window.ts'
import { decompress } from '../../record/compression/compression.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import { RecordBatchBuilder } from '../../record/record-batch-builder.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { forEachRecord, type RecordHeader, type RecordView } from '../../record/records.ts'
import { CorruptSegmentError } from '../../base/errors.ts'
import type { Damage } from '../../storage/partition-reader.ts'
import type { BatchSource } from '../../store/log-store.ts'

/** A record as it is compared and sent: without its place. */
export interface SentRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly timestamp: number
  readonly offset: Offset
}

/** A batch of a source with the records that a consumer of committed records would see. */
export interface SourceBatch {
  readonly batch: LogBatch
  /** Records below it are not wanted, or were trimmed meanwhile. */
  readonly from: Offset
  /** The offset after its last record. */
  readonly nextOffset: Offset
}

/** The batches that consumers see, from `start` up to `end`; a batch holds until the next one is asked for. Throws `CorruptSegmentError` at damage. */
export async function* shownBatches(source: BatchSource, start: Offset, end: Offset): AsyncGenerator<SourceBatch> {
  let window: BatchWindow = plainBatchWindow(1024 * 1024)
  let from = start
  const isWanted = (batch: LogBatch): boolean =>
    batch.nextOffset > from && batch.baseOffset < end && source.isShown(batch)
  source.seek(from)
  while (source.nextOffset < end) {
    const read = await source.read(window)
    if (read.kind === 'end') return
    if (read.kind === 'large') window = plainBatchWindow(read.sizeInBytes)
    if (read.kind === 'trimmed') from = read.logStartOffset
    if (read.kind === 'damage') throw damaged(read.damage)
    if (read.kind !== 'batches') continue
    for (const batch of batchesIn(window.bytes, read.end)) {
      if (isWanted(batch)) yield { batch, from, nextOffset: batch.nextOffset }
    }
  }
}

function* batchesIn(bytes: Uint8Array, end: number): Generator<LogBatch> {
  for (let at = 0; at < end;) {
    const scanned = scanBatch(bytes, at, end)
    if (scanned.kind !== 'batch') return
    at += scanned.batch.sizeInBytes
    yield scanned.batch
  }
}

function damaged({ path, position, firstOffset, nextOffset, reason }: Damage): CorruptSegmentError {
  const offsets = `offsets ${firstOffset} to ${nextOffset - 1n}`
  return new CorruptSegmentError(path, position, `${offsets} cannot be copied: ${reason}`)
}

/** The records of a batch that lie at or behind `from`. */
export function recordsOf(batch: LogBatch, from: Offset): SentRecord[] {
  const found: SentRecord[] = []
  forEachRecord(
    batch,
    (record) => {
      if (record.offset >= from) found.push(copyOf(record))
    },
    { decompress },
  )
  return found
}

function copyOf(record: RecordView): SentRecord {
  const { offset, timestamp } = record
  const [key, value] = [record.keyBytes(), record.valueBytes()]
  return { key: key && key.slice(), value: value && value.slice(), headers: record.headers(), timestamp, offset }
}

/** A batch as a producer may send it. */
export interface SendableBatch {
  /** In memory of its own. */
  readonly bytes: Uint8Array
  readonly recordCount: number
}

/**
 * What of a batch lies at or behind `from`: the very bytes where that is possible, else its records in a batch without gaps. Undefined when that is
 * nothing.
 */
export function sendable(batch: LogBatch, from: Offset): SendableBatch | undefined {
  if (batch instanceof RecordBatch && isPlain(batch) && batch.baseOffset >= from) {
    return { bytes: unplaced(batch.bytes.slice()), recordCount: batch.recordCount }
  }
  const records = recordsOf(batch, from)
  if (records.length === 0) return undefined
  const builder = new RecordBatchBuilder({ codec: batch.codec, sizeMax: Number.MAX_SAFE_INTEGER })
  for (const { key, value, headers, timestamp } of records) builder.append({ key, value, headers, timestamp })
  // The builder's memory is this batch's alone.
  return { bytes: builder.build(), recordCount: records.length }
}

/** Clients count from 0. */
function unplaced(bytes: Uint8Array): Uint8Array {
  new RecordBatch(bytes).assign(offset(0), NO_LEADER_EPOCH)
  return bytes
}

/** What brokers take from a client as it is: no gaps, no transaction, times of its own. */
function isPlain(batch: RecordBatch): boolean {
  return (
    batch.hasNoGaps &&
    !batch.isTransactional &&
    !batch.hasDeleteHorizon &&
    batch.timestampType === 'CreateTime' &&
    batch.producerId < 0n
  )
}

/** Whether two records are one and the same, but for their places. */
export function isSameRecord(one: SentRecord, two: SentRecord): boolean {
  return (
    one.timestamp === two.timestamp &&
    isSameBytes(one.key, two.key) &&
    isSameBytes(one.value, two.value) &&
    one.headers.length === two.headers.length &&
    one.headers.every(({ key, value }, at) => key === two.headers[at]?.key && isSameBytes(value, two.headers[at].value))
  )
}

function isSameBytes(one: Uint8Array | null, two: Uint8Array | null): boolean {
  if (one === null || two === null) return one === two
  return one.length === two.length && one.every((byte, at) => byte === two[at])
}
