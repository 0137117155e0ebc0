import { assert } from '../base/assert.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/**
 * A buffer that grows, with a cursor: the mirror of `ByteReader`. Numbers out of their type's range are cut to it, as a
 * `DataView` does: what came from outside is checked before it comes here.
 */
export class ByteWriter {
  /** Has no state between calls; made at the first text that needs it. */
  static #encoder: TextEncoder | undefined
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0
  readonly #spliced: Spliced[] = []
  #splicedLength = 0

  constructor(initial = 256) {
    // The other way round, asking an array for its buffer, takes an engine longer than making both.
    const buffer = new ArrayBuffer(initial)
    this.#bytes = new Uint8Array(buffer)
    this.#view = new DataView(buffer)
  }

  /** How many bytes were written, spliced ones too. */
  get length(): number {
    return this.#length + this.#splicedLength
  }

  // Every method reserves before it names the view: growing replaces the view.

  int8(value: number): void {
    const at = this.#reserve(1)
    this.#view.setInt8(at, value)
  }

  int16(value: number): void {
    const at = this.#reserve(2)
    this.#view.setInt16(at, value)
  }

  uint16(value: number): void {
    this.int16(value)
  }

  int32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setInt32(at, value)
  }

  uint32(value: number): void {
    this.int32(value)
  }

  int64(value: bigint): void {
    const at = this.#reserve(8)
    this.#view.setBigInt64(at, value)
  }

  float64(value: number): void {
    const at = this.#reserve(8)
    this.#view.setFloat64(at, value)
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  varint(value: number): void {
    const at = this.#reserve(sizeOfVarint(value))
    writeVarint(this.#bytes, at, value)
  }

  varlong(value: bigint): void {
    const at = this.#reserve(sizeOfVarlong(value))
    writeVarlong(this.#bytes, at, value)
  }

  put(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /**
   * As `put`, but without a copy when they are many: they become a piece of their own, and must stay as they are until
   * the pieces were used.
   */
  splice(bytes: Uint8Array): void {
    if (bytes.length <= COPIED) {
      this.put(bytes)
      return
    }
    this.#spliced.push({ at: this.#length, bytes })
    this.#splicedLength += bytes.length
  }

  /** Overwrites four bytes that were written before anything was spliced, such as a length that is known at the end. */
  setInt32(at: number, value: number): void {
    assert(at + 4 <= (this.#spliced[0]?.at ?? this.#length), `an int32 at ${at} of ${this.#length} bytes written`)
    this.#view.setInt32(at, value)
  }

  /** int16 length, then UTF-8: at most 32,767 bytes of it, which the caller has made sure of. */
  string(text: string): void {
    const size = utf8Size(text)
    assert(size <= 0x7fff, `a string of ${size} bytes where 32767 is the most`)
    this.int16(size)
    this.#text(text, size)
  }

  nullableString(text: string | null): void {
    if (text === null) this.int16(-1)
    else this.string(text)
  }

  /** Length + 1 as an unsigned varint, then UTF-8. */
  compactString(text: string): void {
    const size = utf8Size(text)
    this.uvarint(size + 1)
    this.#text(text, size)
  }

  compactNullableString(text: string | null): void {
    if (text === null) this.uvarint(0)
    else this.compactString(text)
  }

  /** What was written so far, as a copy: the writer may go on. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#spliced.length === 0) return this.#bytes.slice(0, this.#length)
    const whole = new Uint8Array(this.length)
    let at = 0
    for (const piece of this.pieces()) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  /**
   * What was written, in order and without a copy: views of the writer, which is done with, and between them what was
   * spliced.
   */
  pieces(): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let start = 0
    for (const { at, bytes } of this.#spliced) {
      if (at > start) pieces.push(this.#bytes.subarray(start, at))
      pieces.push(bytes)
      start = at
    }
    if (this.#length > start) pieces.push(this.#bytes.subarray(start, this.#length))
    return pieces
  }

  #text(text: string, size: number): void {
    const start = this.#reserve(size)
    if (size === text.length && size <= SHORT) {
      for (let i = 0; i < size; i++) this.#bytes[start + i] = text.charCodeAt(i)
    } else {
      ByteWriter.#encoder ??= new TextEncoder()
      ByteWriter.#encoder.encodeInto(text, this.#bytes.subarray(start, start + size))
    }
  }

  #reserve(size: number): number {
    const start = this.#length
    const end = start + size
    if (end > this.#bytes.length) this.#grow(end)
    this.#length = end
    return start
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, least))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Bytes that stand before what follows byte `at` of the writer's own. */
interface Spliced {
  readonly at: number
  readonly bytes: Uint8Array
}

/** Up to this many bytes are copied rather than spliced: cheaper than one more piece to send. */
const COPIED = 1024

/** Up to this many characters are copied one by one: cheaper than the call into the encoder. */
const SHORT = 32

/**
 * How many bytes `text` takes as UTF-8; half a surrogate pair becomes U+FFFD, three bytes, as `TextEncoder` writes it.
 */
function utf8Size(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    size += unit < 0x800 ? 1 : 2
    // A pair is two units and four bytes: the first unit has already counted three of them.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      i += 1
    }
  }
  return size
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
