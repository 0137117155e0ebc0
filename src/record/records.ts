import { type Offset, offset, type TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { readVarint, readVarlong, type VarintCursor } from '../wire/varint.ts'
import { decompressedBytesMaxDefault, type Decompressor } from './compression/compression.ts'
import type { LogBatch } from './log-batch.ts'
import type { LegacyMessage, LegacySpan } from './message-set.ts'
import { RecordBatch } from './record-batch.ts'

export interface RecordHeader {
  /** Keys may occur more than once; the order counts. */
  readonly key: string
  readonly value: Uint8Array | null
}

/** A part of `RecordView.bytes`. `start` (and `end`) is -1 for null. */
export interface RecordSpan {
  start: number
  end: number
}

/** What `forEachRecord` shows of one record. There is one object for all records: copy what shall outlive the visit. */
export interface RecordView {
  readonly offset: Offset
  /** Milliseconds; that of the batch under `LogAppendTime`; -1 when there is none. */
  readonly timestamp: TimestampMs
  /** What key and value lie in: the batch itself, or what its records decompress to. */
  readonly bytes: Uint8Array
  readonly key: Readonly<RecordSpan>
  readonly value: Readonly<RecordSpan>
  readonly headerCount: number
  /** The key without a copy, or null. */
  keyBytes(): Uint8Array | null
  /** The value without a copy, or null: a tombstone. */
  valueBytes(): Uint8Array | null
  /** Decoded anew by each call. */
  headers(): RecordHeader[]
}

export interface ReadRecordsOptions {
  /** What opens compressed batches of magic 2; `decompress` of `compression/compression.ts` does. */
  readonly decompress: Decompressor
  /** What the records of one batch may decompress to, in bytes. Default `decompressedBytesMaxDefault`. */
  readonly limitBytes?: number
}

/** Returns false to see no more records of this batch. */
export type RecordVisitor = (record: RecordView) => boolean | void

/**
 * Shows the records of `batch` to `visit`, in order, without an allocation per record. What it checks is what Kafka's reader
 * checks: each record fills its length exactly, and the batch holds as many as it declares and nothing after them. Throws
 * `MalformedMessageError` otherwise, naming the byte of the batch (or of its decompressed records); records before the bad
 * place have been visited then. The CRC is not looked at.
 */
export function forEachRecord(batch: LogBatch, visit: RecordVisitor, options: ReadRecordsOptions): void {
  if (batch.magic === 2) forEachOfBatch(batch, visit, options)
  else forEachOfMessage(batch, visit, options.limitBytes)
}

function forEachOfBatch(batch: RecordBatch, visit: RecordVisitor, options: ReadRecordsOptions): void {
  const count = batch.recordCount
  if (count < 0) throw new MalformedMessageError(`batch declares ${count} records`, RecordBatch.overhead)
  const isEmpty = count === 0 && batch.sizeInBytes === RecordBatch.overhead
  if (isEmpty) return
  const record = recordReader(batch, options)
  for (let index = 0; index < count; index++) {
    record.next()
    if (visit(record) === false) return
  }
  record.finish(count)
}

function recordReader(batch: RecordBatch, options: ReadRecordsOptions): RecordReader {
  const codec = batch.codec
  if (codec === 'none') return new RecordReader(batch, batch.bytes, RecordBatch.overhead)
  const limitBytes = options.limitBytes ?? decompressedBytesMaxDefault
  return new RecordReader(batch, options.decompress(codec, batch.bytes.subarray(RecordBatch.overhead), limitBytes), 0)
}

/** No record is smaller: a length, attributes, two deltas, two lengths and a header count of one byte each. */
const recordBytesMin = 7

/**
 * The records of magic 2, one after the other:
 * ```
 * length varint (of what follows) | attributes 1 | timestampDelta varlong | offsetDelta varint
 * keyLength varint (-1: null) key | valueLength varint (-1: null) value | headerCount varint
 * { keyLength varint, key UTF-8 | valueLength varint (-1: null), value } per header
 * ```
 */
class RecordReader implements RecordView {
  readonly bytes: Uint8Array
  readonly key: RecordSpan = { start: -1, end: -1 }
  readonly value: RecordSpan = { start: -1, end: -1 }
  timestamp: TimestampMs = 0
  headerCount = 0
  readonly #cursor: VarintCursor
  readonly #baseOffset: Offset
  readonly #baseTimestamp: TimestampMs
  /** Set under `LogAppendTime`, which overrules what the records say. */
  readonly #appendTimestamp: TimestampMs | undefined
  #offsetDelta = 0
  #headersStart = 0

  constructor(batch: RecordBatch, bytes: Uint8Array, start: number) {
    this.bytes = bytes
    this.#cursor = { bytes, position: start, end: bytes.length }
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.#appendTimestamp = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined
  }

  get offset(): Offset {
    return offset(this.#baseOffset + BigInt(this.#offsetDelta))
  }

  keyBytes(): Uint8Array | null {
    return bytesOf(this.bytes, this.key)
  }

  valueBytes(): Uint8Array | null {
    return bytesOf(this.bytes, this.value)
  }

  headers(): RecordHeader[] {
    const cursor: VarintCursor = { bytes: this.bytes, position: this.#headersStart, end: this.#cursor.end }
    const span: RecordSpan = { start: -1, end: -1 }
    // By default a decoder swallows a byte order mark: a key would not come out as it went in.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return Array.from({ length: this.headerCount }, () => {
      readSpan(cursor, span)
      const key = decoder.decode(this.bytes.subarray(span.start, span.end))
      readSpan(cursor, span)
      return { key, value: bytesOf(this.bytes, span) }
    })
  }

  /** Reads the next record into the fields. */
  next(): void {
    const cursor = this.#cursor
    const length = readVarint(cursor)
    const start = cursor.position
    if (length < recordBytesMin - 1 || length > cursor.end - start) {
      throw new MalformedMessageError(`record says ${length} bytes, ${cursor.end - start} remain`, start)
    }
    // Of no use so far, and ignored by every reader.
    cursor.position++
    const timestampDelta = readVarlong(cursor)
    this.timestamp = this.#appendTimestamp ?? this.#baseTimestamp + timestampDelta
    this.#offsetDelta = readVarint(cursor)
    readSpan(cursor, this.key)
    readSpan(cursor, this.value)
    this.#skipHeaders()
    if (cursor.position !== start + length) {
      throw new MalformedMessageError(`record says ${length} bytes and takes ${cursor.position - start}`, start)
    }
  }

  /** To be called after the last record: nothing may follow it. */
  finish(count: number): void {
    const remaining = this.#cursor.end - this.#cursor.position
    if (remaining > 0) {
      throw new MalformedMessageError(`${remaining} bytes follow the ${count} declared records`, this.#cursor.position)
    }
  }

  #skipHeaders(): void {
    const cursor = this.#cursor
    this.headerCount = readVarint(cursor)
    this.#headersStart = cursor.position
    // A header takes two bytes or more, so that a lie does not last long.
    if (this.headerCount < 0 || this.headerCount > (cursor.end - cursor.position) / 2) {
      throw new MalformedMessageError(`record says ${this.headerCount} headers`, cursor.position)
    }
    for (let index = 0; index < this.headerCount; index++) {
      skipSpan(cursor, 0)
      skipSpan(cursor, -1)
    }
  }
}

/** Reads a length (-1: null) and passes what it spans. */
function readSpan(cursor: VarintCursor, span: RecordSpan): void {
  const length = skipSpan(cursor, -1)
  span.end = length < 0 ? -1 : cursor.position
  span.start = length < 0 ? -1 : cursor.position - length
}

/** Passes a length of at least `lengthMin`, and what it spans; returns the length. */
function skipSpan(cursor: VarintCursor, lengthMin: number): number {
  const length = readVarint(cursor)
  const remaining = cursor.end - cursor.position
  if (length < lengthMin || length > remaining) {
    throw new MalformedMessageError(`length ${length}, ${remaining} bytes remain`, cursor.position)
  }
  if (length > 0) cursor.position += length
  return length
}

function forEachOfMessage(batch: LegacyMessage, visit: RecordVisitor, limitBytes?: number): void {
  const record = new LegacyRecordView()
  for (const message of batch.innerMessages(limitBytes)) {
    record.show(message)
    if (visit(record) === false) return
  }
}

const noSpan: LegacySpan = { start: -1, end: -1 }

/** A message of magic 0 or 1 in the clothes of a record. */
class LegacyRecordView implements RecordView {
  readonly headerCount = 0
  bytes: Uint8Array = new Uint8Array(0)
  offset: Offset = offset(0n)
  timestamp: TimestampMs = 0
  key: LegacySpan = noSpan
  value: LegacySpan = noSpan

  show(message: LegacyMessage): void {
    const { key, value } = message.body()
    this.bytes = message.bytes
    this.offset = message.lastOffset
    this.timestamp = message.maxTimestamp
    this.key = key
    this.value = value
  }

  keyBytes(): Uint8Array | null {
    return bytesOf(this.bytes, this.key)
  }

  valueBytes(): Uint8Array | null {
    return bytesOf(this.bytes, this.value)
  }

  headers(): RecordHeader[] {
    return []
  }
}

function bytesOf(bytes: Uint8Array, span: RecordSpan | LegacySpan): Uint8Array | null {
  return span.start < 0 ? null : bytes.subarray(span.start, span.end)
}
