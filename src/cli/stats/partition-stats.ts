import type { Offset, TimestampMs } from '../../base/brands.ts'
import { MalformedMessageError } from '../../base/errors.ts'
import type { CompressionCodec } from '../../record/codec.ts'
import { decompress } from '../../record/compression/compression.ts'
import type { LogBatch } from '../../record/log-batch.ts'
import { forEachRecord, type RecordView } from '../../record/records.ts'
import type { KeyCounter } from './key-counter.ts'
import type { TimeHistogram } from './time-histogram.ts'

/** What of the records counts, and whether they are looked at one by one. */
export interface StatsScope {
  readonly sinceMs: TimestampMs
  /** Exclusive. */
  readonly untilMs: TimestampMs
  /** False: headers of batches are enough where they can be; keys and payload bytes are then not known. */
  readonly withKeys: boolean
  /** The length of a time slot; what fits when left out. */
  readonly slotMs: number | undefined
}

/** What batches of one codec come to. */
export interface CodecStats {
  batches: number
  records: number
  /** Bytes of the batches as they are stored. */
  bytes: number
}

/** What the whole topic's partitions count into. */
export interface SharedCounts {
  readonly times: TimeHistogram
  readonly keys: KeyCounter
}

/** Counts the batches of one partition. */
export class PartitionStats {
  records = 0
  batches = 0
  /** Bytes of the batches that have a record which counts, as they are stored. */
  bytes = 0
  /** Bytes of keys and values, if looked at. */
  payloadBytes = 0
  keylessRecords = 0
  tombstones = 0
  /** -1 when no record has a timestamp. */
  firstTimestamp: TimestampMs = -1
  lastTimestamp: TimestampMs = -1
  readonly codecs = new Map<CompressionCodec, CodecStats>()
  readonly #scope: StatsScope
  readonly #shared: SharedCounts

  constructor(scope: StatsScope, shared: SharedCounts) {
    this.#scope = scope
    this.#shared = shared
  }

  /** Counts the records of `batch` that are not below `logStartOffset`; why its records cannot be read, if so. */
  add(batch: LogBatch, logStartOffset: Offset): string | undefined {
    const before = this.records
    try {
      if (this.#areHeadersEnough(batch, logStartOffset)) this.#addHeader(batch)
      else this.#addRecords(batch, logStartOffset)
      return undefined
    } catch (error) {
      if (error instanceof MalformedMessageError) return error.message
      throw error
    } finally {
      if (this.records > before) this.#addBatch(batch, this.records - before)
    }
  }

  #areHeadersEnough(batch: LogBatch, logStartOffset: Offset): boolean {
    const { sinceMs, untilMs, withKeys } = this.#scope
    if (withKeys || batch.baseOffset < logStartOffset || batch.hasDeleteHorizon) return false
    if (sinceMs === -Infinity && untilMs === Infinity) return true
    return batch.baseTimestamp >= sinceMs && batch.maxTimestamp < untilMs
  }

  #addHeader(batch: LogBatch): void {
    const { recordCount, maxTimestamp } = batch
    const first = batch.timestampType === 'LogAppendTime' ? maxTimestamp : batch.baseTimestamp
    this.records += recordCount
    this.#noteTime(first)
    this.#noteTime(maxTimestamp)
    // Where in between they lie is not known: half at each end is near enough for a bar.
    const late = Math.floor(recordCount / 2)
    this.#shared.times.add(first, recordCount - late)
    this.#shared.times.add(maxTimestamp, late)
  }

  #addRecords(batch: LogBatch, logStartOffset: Offset): void {
    const { sinceMs, untilMs } = this.#scope
    const isCut = batch.baseOffset < logStartOffset
    forEachRecord(
      batch,
      (record) => {
        const { timestamp } = record
        if (timestamp < sinceMs || timestamp >= untilMs || (isCut && record.offset < logStartOffset)) return
        this.records++
        this.#noteTime(timestamp)
        this.#shared.times.add(timestamp)
        this.#addPayload(record)
      },
      { decompress },
    )
  }

  #addPayload({ key, value, bytes }: RecordView): void {
    if (key.start < 0) this.keylessRecords++
    else this.#shared.keys.add(bytes, key.start, key.end)
    if (value.start < 0) this.tombstones++
    this.payloadBytes += key.end - key.start + value.end - value.start
  }

  #addBatch(batch: LogBatch, records: number): void {
    this.batches++
    this.bytes += batch.sizeInBytes
    const codec = this.#codecStats(batch.codec)
    codec.batches++
    codec.records += records
    codec.bytes += batch.sizeInBytes
  }

  #codecStats(codec: CompressionCodec): CodecStats {
    const known = this.codecs.get(codec)
    if (known !== undefined) return known
    const made = { batches: 0, records: 0, bytes: 0 }
    this.codecs.set(codec, made)
    return made
  }

  #noteTime(timestamp: TimestampMs): void {
    if (timestamp < 0) return
    if (timestamp > this.lastTimestamp) this.lastTimestamp = timestamp
    if (timestamp < this.firstTimestamp || this.firstTimestamp < 0) this.firstTimestamp = timestamp
  }
}
