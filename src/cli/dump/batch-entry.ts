import { MalformedMessageError } from '../../base/errors.ts'
import { describeInternalRecord } from '../../coordinator/describe-record.ts'
import { decompress } from '../../record/compression/compression.ts'
import { readControlRecord } from '../../record/control-record.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { RecordBatch } from '../../record/record-batch.ts'
import { forEachRecord, type RecordHeader, type RecordView } from '../../record/records.ts'
import type { JsonValue } from '../format/json-document.ts'
import { utf8Text } from '../format/utf8.ts'
import { METADATA_TOPIC } from '../../storage/file-names.ts'
import type { DumpEntry, DumpValue } from './dump-entry.ts'
import { describeControl, describeMetadata, type RecordWords } from './record-words.ts'

export interface BatchPlace {
  readonly position: number
  readonly isCrcValid: boolean
  readonly file: string
  /** Records of internal topics are shown in words. */
  readonly topic: string
  readonly withRecords: boolean
}

/**
 * A batch as an entry, and why its records cannot be read to the end, if so. Throws `MalformedMessageError` when its header makes no
 * sense.
 */
export function batchEntry(batch: LogBatch, place: BatchPlace): { entry: DumpEntry; problem?: string } {
  const { position, isCrcValid, file } = place
  const fields = {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    recordCount: batch.recordCount,
    position,
    bytes: batch.sizeInBytes,
    magic: batch.magic,
    codec: batch.codec,
    timestampType: batch.timestampType,
    baseTimestamp: batch.baseTimestamp,
    maxTimestamp: batch.maxTimestamp,
    leaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    flags: flagsOf(batch).join(','),
    crc: batch.crc.toString(16).padStart(8, '0'),
    isCrcValid,
    file,
  }
  if (!place.withRecords) return { entry: { kind: 'batch', fields } }
  const { records, problem } = readRecords(batch, place.topic)
  const entry = { kind: 'batch', fields, records }
  return problem === undefined ? { entry } : { entry, problem }
}

function flagsOf(batch: LogBatch): string[] {
  const flags: string[] = []
  if (batch.isTransactional) flags.push('transactional')
  if (batch.hasDeleteHorizon) flags.push('deleteHorizon')
  if (batch instanceof RecordBatch && batch.isControl) flags.push(controlOf(batch))
  return flags
}

function controlOf(batch: RecordBatch): string {
  try {
    return batch.recordCount === 0 ? 'control' : `control:${readControlRecord(batch).type}`
  } catch (error) {
    if (error instanceof MalformedMessageError) return 'control'
    throw error
  }
}

/** Records before a bad place count. */
function readRecords(batch: LogBatch, topic: string): { records: DumpEntry[]; problem?: string } {
  const records: DumpEntry[] = []
  try {
    forEachRecord(batch, (record) => void records.push(recordEntry(record, wordsOf(batch, record, topic))), {
      decompress,
    })
    return { records }
  } catch (error) {
    if (error instanceof MalformedMessageError) return { records, problem: error.message }
    throw error
  }
}

/** A record that Kafka wrote for itself, in words; `undefined` for any other, and for one that cannot be read. */
function wordsOf(batch: LogBatch, record: RecordView, topic: string): RecordWords | undefined {
  const [key, value] = [record.keyBytes(), record.valueBytes()]
  if (batch instanceof RecordBatch && batch.isControl) return describeControl(batch, value)
  if (topic === METADATA_TOPIC) return describeMetadata(value)
  return describeInternalRecord(topic, key, value)
}

function recordEntry(record: RecordView, words: RecordWords | undefined): DumpEntry {
  const key = record.keyBytes()
  const value = record.valueBytes()
  const headers = record.headers().map(jsonOfHeader)
  const place = { offset: record.offset, timestamp: record.timestamp }
  const fields: Record<string, DumpValue> =
    words === undefined
      ? { ...place, key, headers, value }
      : { ...place, key: words.key, headers, value: words.value, type: words.type }
  return { kind: 'record', fields }
}

function jsonOfHeader({ key, value }: RecordHeader): JsonValue {
  const text = value === null ? null : utf8Text(value)
  return text === undefined ? { key, value_base64: Buffer.from(value ?? []).toString('base64') } : { key, value: text }
}
