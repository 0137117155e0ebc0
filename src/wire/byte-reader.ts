import { MalformedMessageError } from '../base/errors.ts'
import { readVarint, readVarlongExact, type VarintCursor } from './varint.ts'

/**
 * A cursor over bytes that nobody has checked yet. Numbers are big-endian, as everywhere in Kafka. Every read looks at
 * what remains first and throws `MalformedMessageError`, with the position, when that is too little.
 */
export class ByteReader implements VarintCursor {
  /** Has no state between calls; made at the first text that needs it. */
  static #decoder: TextDecoder | undefined
  /** The last short text of each length: a client names the same topic in every request, and comparing is quicker than the decoder. All ASCII. */
  static readonly #recent: string[] = []
  readonly bytes: Uint8Array
  readonly #view: DataView
  /** Where the next read begins, in bytes from the start of `bytes`. */
  position: number
  #itemsLeft: number

  /** `itemsMax`: how many list items may be read in all, since an item of two bytes becomes an object of a hundred. */
  constructor(bytes: Uint8Array, position = 0, itemsMax = Infinity) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
    this.#itemsLeft = itemsMax
  }

  /** One past the last byte. */
  get end(): number {
    return this.bytes.length
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.bytes.length - this.position
  }

  int8(): number {
    return this.#view.getInt8(this.#advance(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2))
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4))
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8))
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8))
  }

  /** One byte; anything but 0 is true, as Kafka reads it. */
  boolean(): boolean {
    return this.int8() !== 0
  }

  /** An unsigned LEB128 number of at most 32 bits: lengths and tags of flexible versions. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.#advance(1))
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw this.malformed('variable-length number of more than 32 bits')
  }

  /** A zig-zag number of at most 32 bits: lengths and deltas inside records. */
  varint(): number {
    return readVarint(this)
  }

  /** A zig-zag number of at most 64 bits. */
  varlong(): bigint {
    return readVarlongExact(this)
  }

  /** Takes note of list items about to be read; malformed when they are more than `itemsMax` allows. */
  countItems(count: number): void {
    if (count > this.#itemsLeft) throw this.malformed(`${count} more items where at most ${this.#itemsLeft} may follow`)
    this.#itemsLeft -= count
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    this.#advance(length)
  }

  /** The next `length` bytes, as a view of the source: never a copy. */
  take(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.bytes.subarray(start, start + length)
  }

  /** int16 length, then UTF-8. */
  string(): string {
    return this.#present(this.nullableString())
  }

  /** As `string`; the length -1 is null. */
  nullableString(): string | null {
    return this.#text(this.int16())
  }

  /** Length + 1 as an unsigned varint, then UTF-8. */
  compactString(): string {
    return this.#present(this.compactNullableString())
  }

  /** As `compactString`; 0 in place of the length is null. */
  compactNullableString(): string | null {
    return this.#text(this.uvarint() - 1)
  }

  /** `length` bytes of UTF-8; a byte order mark is kept, bytes that are not UTF-8 are malformed. */
  utf8(length: number): string {
    const start = this.#advance(length)
    const recent = ByteReader.#recent[length]
    if (recent !== undefined && this.#isAt(start, recent)) return recent
    const text = this.#decode(start, length)
    if (length <= SHORT && text.length === length) ByteReader.#recent[length] = text
    return text
  }

  #isAt(start: number, ascii: string): boolean {
    for (let i = 0; i < ascii.length; i++) if (this.bytes[start + i] !== ascii.charCodeAt(i)) return false
    return true
  }

  #decode(start: number, length: number): string {
    ByteReader.#decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    try {
      return ByteReader.#decoder.decode(this.bytes.subarray(start, start + length))
    } catch (cause) {
      throw new MalformedMessageError('text that is not UTF-8', start, { cause })
    }
  }

  /** The error to throw for what was just read. */
  malformed(message: string): MalformedMessageError {
    return new MalformedMessageError(message, this.position)
  }

  #text(length: number): string | null {
    return length === -1 ? null : this.utf8(length)
  }

  #present(text: string | null): string {
    if (text === null) throw this.malformed('null where a string is required')
    return text
  }

  #advance(size: number): number {
    const start = this.position
    if (size < 0 || size > this.bytes.length - start) {
      throw this.malformed(`${size} bytes are announced, ${this.bytes.length - start} remain`)
    }
    this.position = start + size
    return start
  }
}

/** Up to this many bytes a text is compared with one that came before. */
const SHORT = 32
