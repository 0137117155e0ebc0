import type { TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { codecOfId, type CompressionCodec } from '../record/codec.ts'
import { decompress, decompressedBytesMaxDefault } from '../record/compression/compression.ts'
import { DecompressedTooLargeError } from '../record/compression/decompressed-too-large-error.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from '../record/record-batch.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import { type BadRecord, findBadRecord } from './record-walk.ts'

/** What a batch of a client is held against. */
export interface BatchRules {
  readonly config: TopicConfig
  /** Of the Produce request: zstd came with 7. */
  readonly apiVersion: number
  readonly now: TimestampMs
  readonly crc32c: (bytes: Uint8Array) => number
}

/** Records of the batch that are wrong; a client that is new enough is told which. */
export class InvalidRecordsError extends KafkaError {
  readonly records: readonly BadRecord[]

  constructor(records: readonly BadRecord[], message: string) {
    super(ErrorCode.INVALID_RECORD, message)
    this.records = records
  }
}

/**
 * What a client may send us to decompress, in bytes, unless max.message.bytes is more: so much memory a bomb takes. Logs of 1 MiB that compress well
 * may be as large; the readers' bound is larger.
 */
const openedBytesMax = 64 * 1024 * 1024

/**
 * The one batch that `records` must be, or throws `KafkaError`: whole, of magic 2, with a right checksum and header, and with records that follow
 * the format, compressed or not. Kafka: ProduceRequest.validateRecords, LogValidator. Stamps it where the topic wants the broker's time.
 */
export function checkBatch(records: Uint8Array | null, rules: BatchRules): RecordBatch {
  const batch = frameOf(records, rules)
  if (rules.crc32c(batch.bytes.subarray(batchFieldAt.attributes)) !== batch.crc) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'the checksum of the batch is wrong')
  }
  checkHeader(batch)
  checkCodec(batch, rules.apiVersion)
  checkRecords(batch, rules.config)
  checkTime(batch, rules)
  if (rules.config.messageTimestampType === 'LogAppendTime') batch.stampLogAppendTime(rules.now)
  return batch
}

function frameOf(records: Uint8Array | null, { config }: BatchRules): RecordBatch {
  if (records === null || records.length === 0) throw invalid('there is no batch for the partition')
  if (records.length <= batchFieldAt.magic) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'the batch is cut off')
  const magic = records[batchFieldAt.magic]
  if (magic !== 2) throw invalid(`magic ${magic}: this version of Produce takes batches of magic 2 only`)
  if (records.length < RecordBatch.overhead) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, 'the batch is cut off')
  const size = sizeOf(records)
  if (size > records.length || size < RecordBatch.overhead) {
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `the batch says ${size} bytes, ${records.length} are there`)
  }
  if (size < records.length) throw invalid('more than one batch for the partition')
  if (size > config.maxMessageBytes) {
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `the batch has ${size} bytes, max.message.bytes is ${config.maxMessageBytes}`,
    )
  }
  return new RecordBatch(records)
}

function sizeOf(bytes: Uint8Array): number {
  const at = batchFieldAt.batchLength
  const [first = 0, second = 0, third = 0, last = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return batchLengthOverhead + ((first << 24) | (second << 16) | (third << 8) | last)
}

function checkHeader(batch: RecordBatch): void {
  if (batch.baseOffset !== 0n) throw invalid(`base offset ${batch.baseOffset}: clients count from 0`)
  const { recordCount } = batch
  if (recordCount <= 0 || !batch.hasNoGaps) {
    throw invalid(`${recordCount} records with a last offset delta of ${batch.lastOffsetDelta}`)
  }
  if (batch.isControl) throw invalid('clients write no control batches')
  if (batch.hasProducer && batch.baseSequence < 0) throw invalid('an idempotent producer counts its records')
  if (batch.hasProducer && batch.producerEpoch < -1) {
    throw new KafkaError(ErrorCode.INVALID_PRODUCER_EPOCH, `no producer has epoch ${batch.producerEpoch}`)
  }
  if (batch.timestampType === 'LogAppendTime') {
    throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, 'only the broker stamps batches with its own time')
  }
}

function checkCodec(batch: RecordBatch, apiVersion: number): void {
  const codec = codecOfId(batch.attributes & 7)
  if (codec === undefined) throw invalid(`no codec has id ${batch.attributes & 7}`)
  if (codec === 'zstd' && apiVersion < 7) throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
}

function checkRecords(batch: RecordBatch, config: TopicConfig): void {
  const { codec, recordCount: count } = batch
  const needsKeys = config.cleanupPolicy.includes('compact')
  const bad =
    codec === 'none'
      ? findBadRecord({ bytes: batch.bytes, start: RecordBatch.overhead, count, needsKeys })
      : findBadRecord({ bytes: decompressed(batch, codec, config), start: 0, count, needsKeys })
  if (bad !== undefined) throw new InvalidRecordsError([bad], `record ${bad.index}: ${bad.reason}`)
}

/**
 * Of what comes compressed nothing but its checksum is known: that fits junk as well, which every reader would stop at. Too much is MESSAGE_TOO_LARGE,
 * upon which the Java client sends it again in several batches.
 */
function decompressed(batch: RecordBatch, codec: CompressionCodec, { maxMessageBytes }: TopicConfig): Uint8Array {
  try {
    const limitBytes = Math.min(Math.max(maxMessageBytes, openedBytesMax), decompressedBytesMaxDefault)
    return decompress(codec, batch.bytes.subarray(RecordBatch.overhead), limitBytes)
  } catch (error) {
    if (error instanceof DecompressedTooLargeError) throw new KafkaError(ErrorCode.MESSAGE_TOO_LARGE, error.message)
    if (error instanceof MalformedMessageError) throw invalid(error.message)
    throw error
  }
}

function checkTime(batch: RecordBatch, { config, now }: BatchRules): void {
  if (config.messageTimestampType === 'LogAppendTime') return
  const { maxTimestamp, baseTimestamp } = batch
  if (maxTimestamp > now + config.messageTimestampAfterMaxMs) {
    throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, `timestamp ${maxTimestamp} is too far in the future`)
  }
  if (baseTimestamp >= 0 && baseTimestamp < now - config.messageTimestampBeforeMaxMs) {
    throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, `timestamp ${baseTimestamp} is too old`)
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message)
}
