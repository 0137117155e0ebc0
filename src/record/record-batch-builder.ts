import {
  type LeaderEpoch,
  NO_LEADER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  type Offset,
  offset,
  type ProducerId,
  type TimestampMs,
} from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../wire/varint.ts'
import { codecId, type CompressionCodec } from './codec.ts'
import { compress, decompressedBytesMaxDefault } from './compression/compression.ts'
import { batchAttribute, batchFieldAt, batchLengthOverhead, RecordBatch, type TimestampType } from './record-batch.ts'
import type { RecordHeader } from './records.ts'

/** Who a batch is from, so that a broker can tell a retry from a new batch. */
export interface BatchProducer {
  readonly id: ProducerId
  readonly epoch: number
  /** Sequence number of the first record; -1 in transaction markers. */
  readonly baseSequence: number
}

export interface RecordBatchBuilderOptions {
  readonly codec: CompressionCodec
  /** Within `compressionLevels(codec)`; Kafka's default if left out. */
  readonly level?: number
  readonly timestampType?: TimestampType
  readonly producer?: BatchProducer
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Bytes that the batch may have, its header included, before compression. A first record is taken whatever its size. */
  readonly sizeMax: number
}

/** A record to be written. */
export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
  /** Milliseconds, or -1 for none. */
  readonly timestamp: TimestampMs
}

const initialBytes = 4096

/** A header whose key is bytes already. */
interface EncodedHeader {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/**
 * Writes records into a batch of magic 2, in one buffer that grows and is kept from batch to batch. The offsets of a batch
 * are without gaps; its base timestamp is that of the first record.
 */
export class RecordBatchBuilder {
  readonly #options: RecordBatchBuilderOptions
  #buffer = new Uint8Array(initialBytes)
  #size: number = RecordBatch.overhead
  #recordCount = 0
  #baseTimestamp: TimestampMs = NO_TIMESTAMP
  #maxTimestamp: TimestampMs = NO_TIMESTAMP

  #baseSequence: number

  constructor(options: RecordBatchBuilderOptions) {
    this.#options = options
    this.#baseSequence = options.producer?.baseSequence ?? -1
  }

  get recordCount(): number {
    return this.#recordCount
  }

  /** Bytes that `build` would give now: exact without compression, else before it. */
  get estimatedSize(): number {
    return this.#size
  }

  /** Adds a record; false, and nothing is added, when the batch would outgrow `sizeMax` and is not empty. */
  append(record: NewRecord): boolean {
    const isFirst = this.#recordCount === 0
    const timestampDelta = isFirst ? 0 : record.timestamp - this.#baseTimestamp
    const headers = encodedHeaders(record.headers)
    const bodySize = sizeOfBody(record, headers, { timestampDelta, offsetDelta: this.#recordCount })
    const sizeAfter = this.#size + sizeOfVarint(bodySize) + bodySize
    if (sizeAfter > this.#options.sizeMax && !isFirst) return false
    if (isFirst) this.#baseTimestamp = record.timestamp
    this.#maxTimestamp = isFirst ? record.timestamp : Math.max(this.#maxTimestamp, record.timestamp)
    this.#reserve(sizeAfter)
    this.#write(record, headers, bodySize)
    assert(this.#size === sizeAfter, `record of ${sizeAfter} bytes was sized, ${this.#size} written`)
    this.#recordCount++
    return true
  }

  /** The batch, with its CRC; what was appended stays until `reset`. There must be a record. */
  build(baseOffset: Offset = offset(0n), epoch: LeaderEpoch = NO_LEADER_EPOCH): Uint8Array {
    assert(this.#recordCount > 0, 'a batch has a record')
    const { codec, bytes } = this.#compressed()
    this.#writeHeader(bytes, codec)
    const batch = new RecordBatch(bytes)
    batch.assign(baseOffset, epoch)
    batch.sealCrc()
    return bytes
  }

  /** Begins the next batch in the same memory; `baseSequence` is for an idempotent producer, whose numbers go on. */
  reset(baseSequence = this.#baseSequence): void {
    this.#baseSequence = baseSequence
    this.#size = RecordBatch.overhead
    this.#recordCount = 0
    this.#baseTimestamp = NO_TIMESTAMP
    this.#maxTimestamp = NO_TIMESTAMP
  }

  /** Room for the header and the records; plain when compression would break the promise of `sizeMax`, or readers would not open them. */
  #compressed(): { readonly codec: CompressionCodec; readonly bytes: Uint8Array } {
    const { codec, level, sizeMax } = this.#options
    const plain = this.#buffer.subarray(0, this.#size)
    if (codec === 'none' || plain.length > decompressedBytesMaxDefault) return { codec: 'none', bytes: plain.slice() }
    const records = compress(codec, plain.subarray(RecordBatch.overhead), level)
    const size = RecordBatch.overhead + records.length
    if (size > sizeMax && size >= plain.length) return { codec: 'none', bytes: plain.slice() }
    const bytes = new Uint8Array(size)
    bytes.set(records, RecordBatch.overhead)
    return { codec, bytes }
  }

  #writeHeader(bytes: Uint8Array, codec: CompressionCodec): void {
    const { producer } = this.#options
    const view = new DataView(bytes.buffer, bytes.byteOffset, RecordBatch.overhead)
    view.setInt32(batchFieldAt.batchLength, bytes.length - batchLengthOverhead)
    view.setInt8(batchFieldAt.magic, 2)
    view.setInt16(batchFieldAt.attributes, this.#attributes(codec))
    view.setInt32(batchFieldAt.lastOffsetDelta, this.#recordCount - 1)
    view.setBigInt64(batchFieldAt.baseTimestamp, BigInt(this.#baseTimestamp))
    view.setBigInt64(batchFieldAt.maxTimestamp, BigInt(this.#maxTimestamp))
    view.setBigInt64(batchFieldAt.producerId, producer?.id ?? NO_PRODUCER_ID)
    view.setInt16(batchFieldAt.producerEpoch, producer?.epoch ?? -1)
    view.setInt32(batchFieldAt.baseSequence, this.#baseSequence)
    view.setInt32(batchFieldAt.recordCount, this.#recordCount)
  }

  #attributes(codec: CompressionCodec): number {
    const { timestampType, isTransactional = false, isControl = false } = this.#options
    return (
      codecId(codec) |
      (timestampType === 'LogAppendTime' ? batchAttribute.logAppendTime : 0) |
      (isTransactional ? batchAttribute.transactional : 0) |
      (isControl ? batchAttribute.control : 0)
    )
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(size, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#size))
    this.#buffer = larger
  }

  #write(record: NewRecord, headers: readonly EncodedHeader[], bodySize: number): void {
    const buffer = this.#buffer
    let at = writeVarint(buffer, this.#size, bodySize)
    buffer[at++] = 0
    at = writeVarlong(buffer, at, record.timestamp - this.#baseTimestamp)
    at = writeVarint(buffer, at, this.#recordCount)
    at = writeBytes(buffer, at, record.key)
    at = writeBytes(buffer, at, record.value)
    at = writeVarint(buffer, at, headers.length)
    for (const header of headers) {
      at = writeBytes(buffer, at, header.key)
      at = writeBytes(buffer, at, header.value)
    }
    this.#size = at
  }
}

function sizeOfBody(
  record: NewRecord,
  headers: readonly EncodedHeader[],
  deltas: { readonly timestampDelta: number; readonly offsetDelta: number },
): number {
  const attributesBytes = 1
  let size = attributesBytes + sizeOfVarlong(deltas.timestampDelta) + sizeOfVarint(deltas.offsetDelta)
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value) + sizeOfVarint(headers.length)
  for (const header of headers) size += sizeOfBytes(header.key) + sizeOfBytes(header.value)
  return size
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return bytes === null ? sizeOfVarint(-1) : sizeOfVarint(bytes.length) + bytes.length
}

function writeBytes(target: Uint8Array, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(target, at, -1)
  const next = writeVarint(target, at, bytes.length)
  target.set(bytes, next)
  return next + bytes.length
}

const noHeaders: readonly EncodedHeader[] = []

function encodedHeaders(headers: readonly RecordHeader[] | undefined): readonly EncodedHeader[] {
  if (headers === undefined || headers.length === 0) return noHeaders
  const encoder = new TextEncoder()
  return headers.map((header) => ({ key: encoder.encode(header.key), value: header.value }))
}
