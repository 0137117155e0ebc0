import { MalformedMessageError } from '../base/errors.ts'

/**
 * Zig-zag varints, as record batches use them (Kafka's `ByteUtils`): seven bits a byte, lowest first, the high bit says that
 * more follow; 0, -1, 1, -2 become 0, 1, 2, 3. An int32 takes 1 to 5 bytes, an int64 1 to 10.
 *
 * An int64 is a `number` here wherever it can be: timestamps and deltas stay within 2^53, and a `bigint` per record costs
 * more than the record. Values are split in two halves of 32 bits, on which the shifts of the language work.
 */

/** A place in bytes that readers move forward; `end` is exclusive and never passed. */
export interface VarintCursor {
  readonly bytes: Uint8Array
  position: number
  readonly end: number
}

const highHalf = 0x1_0000_0000

/** Bytes that `writeVarint` takes for `value` (int32): 1 to 5. */
export function sizeOfVarint(value: number): number {
  const unsigned = ((value << 1) ^ (value >> 31)) >>> 0
  return bytesOf(32 - Math.clz32(unsigned))
}

/** Bytes that `writeVarlong` takes for `value`: 1 to 10. */
export function sizeOfVarlong(value: number | bigint): number {
  if (typeof value === 'bigint') return bytesOf(zigzag(value).toString(2).length)
  const high = zigzagHigh(value)
  return bytesOf(high === 0 ? 32 - Math.clz32(zigzagLow(value)) : 64 - Math.clz32(high))
}

/** Writes `value` (int32) at `at` and returns where the next byte goes. The caller has made room for 5 bytes. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  return writeHalves(target, at, ((value << 1) ^ (value >> 31)) >>> 0, 0)
}

/**
 * Writes `value` at `at` and returns where the next byte goes. A `number` is a safe integer, a `bigint` an int64. The caller
 * has made room for 10 bytes.
 */
export function writeVarlong(target: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === 'number') return writeHalves(target, at, zigzagLow(value), zigzagHigh(value))
  const unsigned = zigzag(value)
  return writeHalves(target, at, Number(unsigned & 0xffff_ffffn), Number(unsigned >> 32n))
}

/** Reads an int32. Throws `MalformedMessageError` when the bytes end or it does not fit. */
export function readVarint(cursor: VarintCursor): number {
  const { bytes, end } = cursor
  let at = cursor.position
  const first = bytes[at] ?? 0x80
  // Most are one byte: the first records of a command are read before anything is compiled.
  if (first < 0x80 && at < end) {
    cursor.position = at + 1
    return (first >>> 1) ^ -(first & 1)
  }
  let unsigned = 0
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) throw new MalformedMessageError('bytes end inside a varint', at)
    const byte = bytes[at++] ?? 0
    unsigned |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      if (shift === 28 && byte > 0x0f) break
      cursor.position = at
      return (unsigned >>> 1) ^ -(unsigned & 1)
    }
  }
  throw new MalformedMessageError('varint does not fit into 32 bits', cursor.position)
}

/**
 * Reads an int64 as a number: exact within 2^53, rounded beyond, which no timestamp reaches. Throws
 * `MalformedMessageError` when the bytes end or it does not fit into 64 bits.
 */
export function readVarlong(cursor: VarintCursor): number {
  const first = cursor.bytes[cursor.position] ?? 0x80
  if (first < 0x80 && cursor.position < cursor.end) {
    cursor.position++
    return (first >>> 1) ^ -(first & 1)
  }
  const halves = readHalves(cursor)
  const magnitude = (halves.high >>> 1) * highHalf + (((halves.low >>> 1) | (halves.high << 31)) >>> 0)
  return (halves.low & 1) === 0 ? magnitude : -magnitude - 1
}

/** Reads an int64 exactly. Throws as `readVarlong`. */
export function readVarlongExact(cursor: VarintCursor): bigint {
  const halves = readHalves(cursor)
  const unsigned = (BigInt(halves.high >>> 0) << 32n) | BigInt(halves.low >>> 0)
  return (unsigned >> 1n) ^ -(unsigned & 1n)
}

interface Halves {
  readonly low: number
  readonly high: number
}

/** The escape analysis of V8 and JSC removes the returned object once this is inlined; `low` and `high` may be negative. */
function readHalves(cursor: VarintCursor): Halves {
  const { bytes, end } = cursor
  let at = cursor.position
  let low = 0
  let high = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) throw new MalformedMessageError('bytes end inside a varlong', at)
    const byte = bytes[at++] ?? 0
    const bits = byte & 0x7f
    if (shift < 32) low |= bits << shift
    if (shift > 31) high |= bits << (shift - 32)
    // The group at shift 28 lies across both halves: four bits below, three above.
    else if (shift === 28) high |= bits >> 4
    if (byte < 0x80) {
      if (shift === 63 && byte > 1) break
      cursor.position = at
      return { low, high }
    }
  }
  throw new MalformedMessageError('varlong does not fit into 64 bits', cursor.position)
}

function writeHalves(target: Uint8Array, at: number, low: number, high: number): number {
  let next = at
  while (high !== 0 || low > 0x7f) {
    target[next++] = (low & 0x7f) | 0x80
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  target[next++] = low
  return next
}

/** ceil(bits / 7), and 1 for no bits at all. */
function bytesOf(bits: number): number {
  return bits === 0 ? 1 : Math.ceil(bits / 7)
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
}

/** For value >= 0 its bits shifted left by one; below, those of -value-1 with the lowest bit set. */
function zigzagLow(value: number): number {
  const isNegative = value < 0
  const magnitude = isNegative ? -value - 1 : value
  return ((magnitude << 1) | (isNegative ? 1 : 0)) >>> 0
}

function zigzagHigh(value: number): number {
  const magnitude = value < 0 ? -value - 1 : value
  return Math.floor(magnitude / (highHalf / 2)) >>> 0
}
