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
import { MalformedMessageError } from '../base/errors.ts'
import { codecMask, type CompressionCodec, codecOfId } from './codec.ts'
import { decompressedBytesMaxDefault, decompressLegacy } from './compression/compression.ts'
import { crc32 } from './compression/zlib.ts'
import { batchAttribute, type TimestampType } from './record-batch.ts'

/** Bytes before what the field `size` counts: the offset and the size itself. */
const legacyLengthOverhead = 12
/** The least that `size` can be, by magic: CRC, magic, attributes, a timestamp in v1, and two lengths of -1. */
export const legacySizeMin = { 0: 14, 1: 22 } as const

const at = { offset: 0, size: 8, crc: 12, magic: 16, attributes: 17, timestamp: 18 } as const
const bodyAt = { 0: 18, 1: 26 } as const

/** Where bytes lie within `LegacyMessage.bytes`; `start` is -1 for null. */
export interface LegacySpan {
  readonly start: number
  readonly end: number
}

/** What the messages inside a compressed one take from it. */
interface Inherited {
  readonly offset: Offset
  /** Set when the wrapper's timestamp type is LogAppendTime. */
  readonly timestamp: TimestampMs | undefined
}

/**
 * One entry of a message set, magic 0 or 1 (Kafka's `AbstractLegacyRecordBatch`), as a view of its bytes. We read them where
 * old log files have them, and never write them. It has the read side of a `RecordBatch`; what magic 2 added reads as absent.
 *
 * ```
 * 0 offset 8 | 8 size 4 | 12 crc 4 | 16 magic 1 | 17 attributes 1 | 18 timestamp 8 (v1 only) | key | value
 * ```
 * Key and value are an int32 length (-1: null) and so many bytes. When it is compressed, the value is a message set: then the
 * offset is that of its *last* message, and what is asked of the first one decompresses it ("deep").
 */
export class LegacyMessage {
  static readonly overhead = legacyLengthOverhead + legacySizeMin[0]
  readonly magic: 0 | 1
  /** Exactly this entry: `sizeInBytes` bytes. */
  readonly bytes: Uint8Array
  readonly partitionLeaderEpoch: LeaderEpoch = NO_LEADER_EPOCH
  readonly isTransactional = false
  readonly isControl = false
  readonly hasDeleteHorizon = false
  readonly producerId: ProducerId = NO_PRODUCER_ID
  readonly producerEpoch: number = -1
  readonly baseSequence: number = -1
  readonly lastSequence: number = -1
  readonly #view: DataView
  readonly #inherited: Inherited | undefined
  #inner: readonly LegacyMessage[] | undefined

  /** Throws `MalformedMessageError` when no whole entry begins at `start`. `inherited` is for messages inside another. */
  constructor(bytes: Uint8Array, start = 0, inherited?: Inherited) {
    const remaining = bytes.length - start
    if (remaining < LegacyMessage.overhead) {
      throw new MalformedMessageError(
        `a message takes ${LegacyMessage.overhead} bytes or more, ${remaining} remain`,
        start,
      )
    }
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + start, remaining)
    const magic = this.#view.getInt8(at.magic)
    if (magic !== 0 && magic !== 1) throw new MalformedMessageError(`message has magic ${magic}`, start + at.magic)
    const size = this.sizeInBytes
    if (size < legacyLengthOverhead + legacySizeMin[magic] || size > remaining) {
      throw new MalformedMessageError(`message says ${size} bytes, ${remaining} remain`, start + at.size)
    }
    this.magic = magic
    this.bytes = bytes.subarray(start, start + size)
    this.#inherited = inherited
  }

  /** Offset of the first message in it: deep. Throws `MalformedMessageError` when what is inside cannot be read. */
  get baseOffset(): Offset {
    return this.codec === 'none' ? this.lastOffset : (this.innerMessages()[0]?.lastOffset ?? this.lastOffset)
  }

  /** The whole entry, offset and size included. */
  get sizeInBytes(): number {
    return legacyLengthOverhead + this.#view.getInt32(at.size)
  }

  /** CRC-32 (IEEE) of everything from the magic on, as uint32. */
  get crc(): number {
    return this.#view.getUint32(at.crc)
  }

  get attributes(): number {
    return this.#view.getUint8(at.attributes)
  }

  /** Throws `MalformedMessageError` for an id that magic 0 and 1 do not know; zstd came with magic 2. */
  get codec(): CompressionCodec {
    const id = this.attributes & codecMask
    const codec = codecOfId(id)
    if (codec === undefined || codec === 'zstd') {
      throw new MalformedMessageError(`no codec of magic ${this.magic} has id ${id}`, at.attributes)
    }
    return codec
  }

  /** Magic 0 has no timestamps; it says `CreateTime`, and every timestamp is -1. */
  get timestampType(): TimestampType {
    const isStamped = this.magic === 1 && (this.attributes & batchAttribute.logAppendTime) !== 0
    return isStamped ? 'LogAppendTime' : 'CreateTime'
  }

  get lastOffsetDelta(): number {
    return Number(this.lastOffset - this.baseOffset)
  }

  /** The field `offset`; inside a compressed message what it stands for. */
  get lastOffset(): Offset {
    return this.#inherited?.offset ?? offset(this.#view.getBigInt64(at.offset))
  }

  /** Exclusive end: the offset that may follow. */
  get nextOffset(): Offset {
    return offset(this.lastOffset + 1n)
  }

  get baseTimestamp(): TimestampMs {
    return this.codec === 'none' ? this.maxTimestamp : (this.innerMessages()[0]?.maxTimestamp ?? this.maxTimestamp)
  }

  /** The field `timestamp`, which is the greatest of what is inside; -1 in magic 0. */
  get maxTimestamp(): TimestampMs {
    if (this.magic === 0) return NO_TIMESTAMP
    return this.#inherited?.timestamp ?? Number(this.#view.getBigInt64(at.timestamp))
  }

  /** Deep: how many messages are in it; 1 when it is not compressed. */
  get recordCount(): number {
    return this.codec === 'none' ? 1 : this.innerMessages().length
  }

  isCrcValid(): boolean {
    return this.crc === crc32(this.bytes.subarray(at.magic))
  }

  /** Where key and value lie. Throws `MalformedMessageError` when they do not fill the message exactly. */
  body(): { readonly key: LegacySpan; readonly value: LegacySpan } {
    const key = this.#spanAfter(bodyAt[this.magic])
    const value = this.#spanAfter(key.next)
    if (value.next !== this.bytes.length) {
      throw new MalformedMessageError(`message of ${this.bytes.length} bytes has its value end before`, value.next)
    }
    return { key, value }
  }

  /**
   * The messages of a compressed one, with absolute offsets and their final timestamps; itself when it is not compressed.
   * `limitBytes` bounds what it may decompress to. Throws `MalformedMessageError`.
   */
  innerMessages(limitBytes = decompressedBytesMaxDefault): readonly LegacyMessage[] {
    this.#inner ??= this.codec === 'none' ? [this] : this.#readInner(this.codec, limitBytes)
    return this.#inner
  }

  #readInner(codec: CompressionCodec, limitBytes: number): readonly LegacyMessage[] {
    const { start, end } = this.body().value
    if (start < 0) throw new MalformedMessageError('compressed message without a value', bodyAt[this.magic])
    const set = decompressLegacy(codec, this.bytes.subarray(start, end), limitBytes)
    const relative = readEntries(set, this.magic)
    const last = relative.at(-1)
    if (last === undefined) throw new MalformedMessageError('compressed message with no message inside', start)
    const baseOffset = this.magic === 0 ? 0n : this.#baseOfRelativeOffsets(last.lastOffset)
    const timestamp = this.timestampType === 'LogAppendTime' ? this.maxTimestamp : undefined
    return relative.map(
      (inner) => new LegacyMessage(inner.bytes, 0, { offset: offset(baseOffset + inner.lastOffset), timestamp }),
    )
  }

  /** Magic 1 counts offsets inside from 0; the wrapper has the last absolute one, or 0 when old librdkafka produced it. */
  #baseOfRelativeOffsets(lastInner: Offset): bigint {
    if (this.lastOffset === 0n) return 0n
    if (this.lastOffset < lastInner) {
      throw new MalformedMessageError(`compressed message at ${this.lastOffset} ends inside at ${lastInner}`, at.offset)
    }
    return this.lastOffset - lastInner
  }

  /** Reads the length at `position` and what it spans; `next` is where the bytes after that begin. */
  #spanAfter(position: number): LegacySpan & { readonly next: number } {
    const start = position + 4
    const remaining = this.bytes.length - start
    if (remaining < 0) throw new MalformedMessageError('message ends before its key and value', position)
    const length = this.#view.getInt32(position)
    if (length < -1 || length > remaining) {
      throw new MalformedMessageError(`length ${length}, ${remaining} bytes remain`, position)
    }
    return length < 0 ? { start: -1, end: -1, next: start } : { start, end: start + length, next: start + length }
  }
}

/** The entries of a decompressed set, with the offsets that stand there. */
function readEntries(set: Uint8Array, magic: number): LegacyMessage[] {
  const entries: LegacyMessage[] = []
  for (let position = 0; position < set.length;) {
    const entry = new LegacyMessage(set, position)
    if (entry.magic !== magic) {
      throw new MalformedMessageError(`message of magic ${entry.magic} inside one of magic ${magic}`, position)
    }
    if (entry.codec !== 'none') throw new MalformedMessageError('compressed message inside a compressed one', position)
    entries.push(entry)
    position += entry.sizeInBytes
  }
  return entries
}
