import type { Offset, ProducerId, TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { BatchCompressor } from '../record/batch-compressor.ts'
import { codecMask, type CompressionCodec } from '../record/codec.ts'
import { batchAttribute, batchFieldAt, batchLengthOverhead, RecordBatch } from '../record/record-batch.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { FedBatch } from './cleaner-feed.ts'
import { batchAt, type LaidOutRecords, layOutRecords } from './cleaner-records.ts'
import type { CleanerKernel, FilteredRecords } from './kernel/cleaner-kernel.ts'

/** The last that an active producer wrote. */
export interface LastOfProducer {
  /** The last offset of its last batch of records; `undefined` when only its markers are known. */
  readonly lastDataOffset: Offset | undefined
  readonly producerEpoch: number
}

/** What decides about every batch of one pass. */
export interface FilterRules {
  /** The map knows the keys up to here. */
  readonly latestOffset: Offset
  /** The end of what may be compacted: the batch that ends there stays, if only as an empty one. */
  readonly endOffset: Offset
  readonly now: TimestampMs
  /** delete.retention.ms; `Infinity` for tombstones that stay for ever. */
  readonly deleteRetentionMs: number
  /** Tombstones go whatever their batch says. */
  readonly dropsTombstones?: boolean
  readonly lastOfProducers: ReadonlyMap<ProducerId, LastOfProducer>
}

/** What becomes of a batch: it goes, stays as its bytes are, or has been written anew. */
export type FilteredBatch =
  | { readonly kind: 'dropped'; readonly keyless: number }
  | { readonly kind: 'original'; readonly records: number; readonly keyless: number }
  | {
      readonly kind: 'rewritten'
      /** Valid until the next batch. */
      readonly bytes: Uint8Array
      readonly records: number
      readonly keyless: number
      readonly maxTimestamp: TimestampMs
    }

const all: Pick<FilterRules, 'latestOffset'> = { latestOffset: -1n as Offset }
/** A record may grow by so much when its timestamp delta changes: nine bytes of it, and the length that counts them. */
const growthOfRecord = 12
const slackBytes = 64

/** Decides about one batch after the other, and writes anew those of which something goes. Kafka: MemoryRecords.filterTo with Cleaner.cleanInto. */
export class BatchFilter {
  readonly #kernel: CleanerKernel
  readonly #rules: FilterRules
  readonly #transactions: CleanedTransactions
  readonly #compressors = new Map<CompressionCodec, BatchCompressor>()

  constructor(kernel: CleanerKernel, rules: FilterRules, transactions: CleanedTransactions) {
    this.#kernel = kernel
    this.#rules = rules
    this.#transactions = transactions
  }

  /** `fed.batch` is of magic 2; views of it are void afterwards. */
  filter(fed: FedBatch, batch: RecordBatch): FilteredBatch {
    const mayGo = batch.isControl ? this.#transactions.noteControlBatch(batch) : this.#transactions.noteBatch(batch)
    const staysEmpty = this.#mustStay(batch)
    if (mayGo && this.#isOver(batch)) return staysEmpty ? this.#emptied(batch) : { kind: 'dropped', keyless: 0 }
    const records = layOutRecords(this.#kernel, fed, batch)
    const filtered = this.#select(batchAt(this.#kernel, fed.start), records)
    const view = batchAt(this.#kernel, fed.start)
    if (filtered.kept === 0) return this.#withoutRecords(view, staysEmpty, filtered)
    if (this.#needsHorizon(view, filtered, mayGo)) return this.#withHorizon(view, records, filtered)
    const { kept, keyless } = filtered
    if (kept === view.recordCount) return { kind: 'original', records: kept, keyless }
    return this.#rewritten(view, records, { filtered })
  }

  /** Whether what shall go some day has no time set for it. */
  #needsHorizon(batch: RecordBatch, { tombstones }: FilteredRecords, mayGo: boolean): boolean {
    const hasMarkerOfNothing = mayGo && batch.isControl
    return (tombstones > 0 || hasMarkerOfNothing) && !batch.hasDeleteHorizon && this.#rules.deleteRetentionMs < Infinity
  }

  /** What is left of the records of a transaction goes at once; its marker when readers have had their time to see it. */
  #isOver(batch: RecordBatch): boolean {
    return !batch.isControl || this.#isHorizonPast(batch)
  }

  #isHorizonPast(batch: RecordBatch): boolean {
    return batch.hasDeleteHorizon && batch.baseTimestamp <= this.#rules.now
  }

  /** Whether the log must remember that the batch was there: its producer goes on from it, or the end of what was compacted is told by it. */
  #mustStay(batch: RecordBatch): boolean {
    if (batch.nextOffset === this.#rules.endOffset) return true
    const last = batch.producerId < 0n ? undefined : this.#rules.lastOfProducers.get(batch.producerId)
    if (last === undefined) return false
    if (last.lastDataOffset !== undefined) return batch.lastOffset === last.lastDataOffset
    return batch.isControl && batch.producerEpoch === last.producerEpoch
  }

  #withoutRecords(batch: RecordBatch, staysEmpty: boolean, { keyless }: FilteredRecords): FilteredBatch {
    if (!staysEmpty) return { kind: 'dropped', keyless }
    if (batch.recordCount === 0 && batch.sizeInBytes === RecordBatch.overhead)
      return { kind: 'original', records: 0, keyless }
    return this.#emptied(batch)
  }

  /** The records that stay, with their timestamps relative to the first of them, as Kafka's builder has it. */
  #select(batch: RecordBatch, records: LaidOutRecords): FilteredRecords {
    const isBaseKept = batch.hasDeleteHorizon || batch.timestampType === 'LogAppendTime'
    return this.#run(batch, records, { mustCopy: false, baseShift: isBaseKept ? 0 : 'first' })
  }

  #run(
    batch: RecordBatch,
    records: LaidOutRecords,
    how: { readonly mustCopy: boolean; readonly baseShift: number | 'first' },
  ): FilteredRecords {
    const { latestOffset } = batch.isControl ? all : this.#rules
    const keepsTombstones = this.#rules.dropsTombstones !== true && !this.#isHorizonPast(batch)
    const out = this.#outOf(records)
    this.#kernel.reserve(out + records.end - records.start + growthOfRecord * records.recordCount + slackBytes)
    const filtered = this.#kernel.filterRecords({ ...records, ...how, latestOffset, keepsTombstones, out })
    if (filtered === undefined) throw new MalformedMessageError('records do not follow their format', records.start)
    return filtered
  }

  /** Where records are written to: behind the header of the batch that they become. */
  #outOf({ freeStart }: LaidOutRecords): number {
    return freeStart + RecordBatch.overhead
  }

  /** From now on readers have delete.retention.ms to see the tombstones, or the marker (KIP-534). */
  #withHorizon(batch: RecordBatch, records: LaidOutRecords, first: FilteredRecords): FilteredBatch {
    const horizon = this.#rules.now + this.#rules.deleteRetentionMs
    const filtered = this.#run(batch, records, { mustCopy: true, baseShift: horizon - batch.baseTimestamp })
    const { keyless } = first
    return this.#rewritten(batch, records, { filtered: { ...filtered, keyless }, horizon })
  }

  #rewritten(
    original: RecordBatch,
    records: LaidOutRecords,
    { filtered, horizon }: { readonly filtered: FilteredRecords; readonly horizon?: TimestampMs },
  ): FilteredBatch {
    const batch = this.#fieldsOf(original)
    const { start, view } = this.#header(batch.head, this.#outOf(records), filtered.outBytes)
    const { kept, keyless, baseShift, largestTimestampDelta } = filtered
    const maxTimestamp = batch.isStamped
      ? batch.maxTimestamp
      : Math.max(-1, batch.baseTimestamp + largestTimestampDelta)
    const horizonBit = horizon === undefined ? 0 : batchAttribute.deleteHorizon
    view.setInt16(batchFieldAt.attributes, (batch.attributes & ~codecMask) | horizonBit)
    view.setBigInt64(batchFieldAt.baseTimestamp, BigInt(horizon ?? batch.baseTimestamp + baseShift))
    view.setBigInt64(batchFieldAt.maxTimestamp, BigInt(maxTimestamp))
    view.setInt32(batchFieldAt.recordCount, kept)
    const end = start + RecordBatch.overhead + filtered.outBytes
    const plain = this.#sealed(start, end)
    const bytes = batch.codec === 'none' ? plain : this.#compressor(batch.codec).compress(plain)
    return { kind: 'rewritten', bytes, records: kept, keyless, maxTimestamp }
  }

  #fieldsOf(batch: RecordBatch): {
    readonly head: Uint8Array
    readonly codec: CompressionCodec
    readonly attributes: number
    readonly isStamped: boolean
    readonly baseTimestamp: TimestampMs
    readonly maxTimestamp: TimestampMs
  } {
    const { codec, attributes, baseTimestamp, maxTimestamp } = batch
    const isStamped = batch.timestampType === 'LogAppendTime'
    return {
      head: batch.bytes.slice(0, RecordBatch.overhead),
      codec,
      attributes,
      isStamped,
      baseTimestamp,
      maxTimestamp,
    }
  }

  /** The header of a batch whose records went: it remembers offsets, producer and sequence numbers. */
  #emptied(batch: RecordBatch): FilteredBatch {
    const { maxTimestamp, attributes } = batch
    const kept = batchAttribute.logAppendTime | batchAttribute.transactional | batchAttribute.control
    const bytes = batch.bytes.slice(0, RecordBatch.overhead)
    const view = new DataView(bytes.buffer)
    view.setInt32(batchFieldAt.batchLength, RecordBatch.overhead - batchLengthOverhead)
    view.setInt16(batchFieldAt.attributes, attributes & kept)
    view.setBigInt64(batchFieldAt.baseTimestamp, -1n)
    view.setInt32(batchFieldAt.recordCount, 0)
    new RecordBatch(bytes).sealCrc()
    return { kind: 'rewritten', bytes, records: 0, keyless: 0, maxTimestamp }
  }

  /** Puts a copy of `head` before the records at `out`. */
  #header(head: Uint8Array, out: number, recordBytes: number): { readonly start: number; readonly view: DataView } {
    const start = out - RecordBatch.overhead
    const { memory } = this.#kernel
    memory.set(head, start)
    const view = new DataView(memory.buffer, memory.byteOffset + start, RecordBatch.overhead)
    view.setInt32(batchFieldAt.batchLength, RecordBatch.overhead + recordBytes - batchLengthOverhead)
    return { start, view }
  }

  #sealed(start: number, end: number): Uint8Array {
    const bytes = this.#kernel.memory.subarray(start, end)
    const crc = this.#kernel.crc32c(start + RecordBatch.crcStart, end)
    new DataView(bytes.buffer, bytes.byteOffset, bytes.length).setUint32(batchFieldAt.crc, crc)
    return bytes
  }

  #compressor(codec: CompressionCodec): BatchCompressor {
    const known = this.#compressors.get(codec)
    if (known !== undefined) return known
    const made = new BatchCompressor({ codec, level: undefined })
    this.#compressors.set(codec, made)
    return made
  }
}
