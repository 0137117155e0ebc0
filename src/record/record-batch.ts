import { type LeaderEpoch, leaderEpoch, type Offset, offset, type ProducerId, producerId } from '../base/brands.ts'
import type { TimestampMs } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import { crc32c } from '../wire/crc32c.ts'
import { crc32cAfterChange } from '../wire/crc32c-change.ts'
import { codecMask, type CompressionCodec, codecOfId } from './codec.ts'

/** Widths of the header fields in bytes, in their order (Kafka's `DefaultRecordBatch`); all big-endian. */
const header = {
  baseOffset: 8,
  batchLength: 4,
  partitionLeaderEpoch: 4,
  magic: 1,
  crc: 4,
  attributes: 2,
  lastOffsetDelta: 4,
  baseTimestamp: 8,
  maxTimestamp: 8,
  producerId: 8,
  producerEpoch: 2,
  baseSequence: 4,
  recordCount: 4,
} as const

/** Where each header field begins, in bytes from the start of the batch: each the sum of the widths before it. */
export const batchFieldAt: Readonly<Record<keyof typeof header, number>> = startsOf(header)

/** Bytes of the header: the records begin here, and no batch is smaller. */
const overhead = batchFieldAt.recordCount + header.recordCount

/** What the field `batchLength` does not count: the base offset and itself. */
export const batchLengthOverhead = header.baseOffset + header.batchLength

/** The bits of `attributes` above the codec's; only the low byte is in use. */
export const batchAttribute = {
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const

export type TimestampType = 'CreateTime' | 'LogAppendTime'

const sequenceMax = 0x7fff_ffff

/**
 * A record batch of magic 2 as a view of the bytes it lies in: nothing is copied, and what is assigned changes those bytes.
 * The header is trusted to be there, not to be true: check `isCrcValid` before believing it, and `forEachRecord` for the rest.
 *
 * ```
 *  0 baseOffset 8 | 8 batchLength 4 | 12 partitionLeaderEpoch 4 | 16 magic 1 | 17 crc 4
 * 21 attributes 2 | 23 lastOffsetDelta 4 | 27 baseTimestamp 8 | 35 maxTimestamp 8
 * 43 producerId 8 | 51 producerEpoch 2 | 53 baseSequence 4 | 57 recordCount 4 | 61 records, as one stream when compressed
 * ```
 */
export class RecordBatch {
  static readonly overhead = overhead
  /** The first byte under the CRC. */
  static readonly crcStart = batchFieldAt.attributes
  static readonly magicStart = batchFieldAt.magic
  readonly magic = 2
  /** Exactly this batch: `sizeInBytes` bytes, shared with what the constructor was given. */
  readonly bytes: Uint8Array
  readonly #view: DataView

  /** Throws `MalformedMessageError` when no whole batch of magic 2 begins at `start`. */
  constructor(bytes: Uint8Array, start = 0) {
    const remaining = bytes.length - start
    if (remaining < overhead) {
      throw new MalformedMessageError(`a batch takes ${overhead} bytes or more, ${remaining} remain`, start)
    }
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + start, remaining)
    const magic = this.#view.getInt8(batchFieldAt.magic)
    if (magic !== 2) throw new MalformedMessageError(`batch has magic ${magic}, not 2`, start + batchFieldAt.magic)
    const size = this.sizeInBytes
    if (size < overhead || size > remaining) {
      throw new MalformedMessageError(`batch says ${size} bytes, ${remaining} remain`, start + batchFieldAt.batchLength)
    }
    this.bytes = size === bytes.length ? bytes : bytes.subarray(start, start + size)
  }

  /** Of the first record that was ever in it; compaction keeps this when it removes that record. */
  get baseOffset(): Offset {
    return offset(this.#view.getBigInt64(batchFieldAt.baseOffset))
  }

  /** The whole batch, header included. */
  get sizeInBytes(): number {
    return batchLengthOverhead + this.#view.getInt32(batchFieldAt.batchLength)
  }

  /** Of the leader that appended it; -1 when none did. */
  get partitionLeaderEpoch(): LeaderEpoch {
    return leaderEpoch(this.#view.getInt32(batchFieldAt.partitionLeaderEpoch))
  }

  /** CRC-32C of everything from the attributes on, as uint32. */
  get crc(): number {
    return this.#view.getUint32(batchFieldAt.crc)
  }

  get attributes(): number {
    return this.#view.getInt16(batchFieldAt.attributes)
  }

  /** Throws `MalformedMessageError` for an id that stands for no codec. */
  get codec(): CompressionCodec {
    const id = this.attributes & codecMask
    const codec = codecOfId(id)
    if (codec === undefined) throw new MalformedMessageError(`no codec has id ${id}`, batchFieldAt.attributes)
    return codec
  }

  get timestampType(): TimestampType {
    return this.#has(batchAttribute.logAppendTime) ? 'LogAppendTime' : 'CreateTime'
  }

  get isTransactional(): boolean {
    return this.#has(batchAttribute.transactional)
  }

  /** Whether its one record is a message to the log itself; see `readControlRecord`. */
  get isControl(): boolean {
    return this.#has(batchAttribute.control)
  }

  /** Whether compaction has set the time after which tombstones go (KIP-534): `baseTimestamp` is that time. */
  get hasDeleteHorizon(): boolean {
    return this.#has(batchAttribute.deleteHorizon)
  }

  /** Distance from the base offset to the last one, inclusive; kept by compaction. */
  get lastOffsetDelta(): number {
    return this.#view.getInt32(batchFieldAt.lastOffsetDelta)
  }

  get lastOffset(): Offset {
    return offset(this.baseOffset + BigInt(this.lastOffsetDelta))
  }

  /** Exclusive end: the base offset of the batch that may follow. */
  get nextOffset(): Offset {
    return offset(this.baseOffset + BigInt(this.lastOffsetDelta) + 1n)
  }

  /** What timestamp deltas are relative to: the first record's timestamp, or the delete horizon; -1 when there is none. */
  get baseTimestamp(): TimestampMs {
    return this.#int64AsNumber(batchFieldAt.baseTimestamp)
  }

  get maxTimestamp(): TimestampMs {
    return this.#int64AsNumber(batchFieldAt.maxTimestamp)
  }

  /** -1 when the producer is not idempotent. */
  get producerId(): ProducerId {
    return producerId(this.#view.getBigInt64(batchFieldAt.producerId))
  }

  /** Whether the producer is idempotent; quicker than a look at its id. */
  get hasProducer(): boolean {
    return this.#view.getInt32(batchFieldAt.producerId) >= 0
  }

  get producerEpoch(): number {
    return this.#view.getInt16(batchFieldAt.producerEpoch)
  }

  /** Sequence number of the first record; -1 when the producer is not idempotent. */
  get baseSequence(): number {
    return this.#view.getInt32(batchFieldAt.baseSequence)
  }

  /** Sequence number of the last record: goes on at 0 after 2^31-1. */
  get lastSequence(): number {
    const base = this.baseSequence
    if (base < 0) return base
    const last = base + this.lastOffsetDelta
    return last > sequenceMax ? last - sequenceMax - 1 : last
  }

  /** As the header says; 0 for a batch that compaction emptied and kept for its producer. */
  get recordCount(): number {
    return this.#view.getInt32(batchFieldAt.recordCount)
  }

  /** Whether every offset from the first to the last has its record: compaction took nothing. */
  get hasNoGaps(): boolean {
    return this.recordCount === this.lastOffsetDelta + 1
  }

  isCrcValid(): boolean {
    return this.crc === this.#computeCrc()
  }

  /** Gives the batch its place in the log. Both fields lie outside the CRC on purpose: nothing is checksummed again. */
  assign(baseOffset: Offset, epoch: LeaderEpoch): void {
    this.#view.setBigInt64(batchFieldAt.baseOffset, baseOffset)
    this.#view.setInt32(batchFieldAt.partitionLeaderEpoch, epoch)
  }

  /** Says who sends the batch, for brokers to tell a retry from a new one. The CRC, right before, is right after it: no record is looked at. */
  assignProducer(id: ProducerId, epoch: number, baseSequence: number): void {
    const start = batchFieldAt.producerId
    const end = batchFieldAt.recordCount
    const before = this.bytes.slice(start, end)
    this.#view.setBigInt64(batchFieldAt.producerId, id)
    this.#view.setInt16(batchFieldAt.producerEpoch, epoch)
    this.#view.setInt32(batchFieldAt.baseSequence, baseSequence)
    const change = { before, after: this.bytes.subarray(start, end), behind: this.sizeInBytes - end }
    this.#view.setUint32(batchFieldAt.crc, crc32cAfterChange(this.crc, change))
  }

  /** Makes `timestamp` (ms) that of every record, as `message.timestamp.type=LogAppendTime` asks for, and seals the CRC. */
  stampLogAppendTime(timestamp: TimestampMs): void {
    this.#view.setInt16(batchFieldAt.attributes, this.attributes | batchAttribute.logAppendTime)
    this.#view.setBigInt64(batchFieldAt.maxTimestamp, BigInt(timestamp))
    this.sealCrc()
  }

  /** Takes back `stampLogAppendTime`, but for the largest timestamp, and seals the CRC. */
  clearLogAppendTime(): void {
    this.#view.setInt16(batchFieldAt.attributes, this.attributes & ~batchAttribute.logAppendTime)
    this.sealCrc()
  }

  /** Writes the CRC that the bytes have now. */
  sealCrc(): void {
    this.#view.setUint32(batchFieldAt.crc, this.#computeCrc())
  }

  #computeCrc(): number {
    return crc32c(this.bytes.subarray(batchFieldAt.attributes))
  }

  #has(bit: number): boolean {
    return (this.attributes & bit) !== 0
  }

  /** Exact within 2^53, which no timestamp reaches. */
  #int64AsNumber(at: number): number {
    return this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4)
  }
}

function startsOf<Name extends string>(widths: Readonly<Record<Name, number>>): Record<Name, number> {
  let next = 0
  const starts = {} as Record<Name, number>
  for (const name of Object.keys(widths) as Name[]) {
    starts[name] = next
    next += widths[name]
  }
  return starts
}
