/**
 * CRC-32C (Castagnoli, reflected). Long input is folded 64 bytes at a time: the 16 words of a block are replaced by the
 * words that give the same remainder 64 bytes further on, and are added (xor) to the next block. Moving a word on is linear,
 * so it is the sum of 8 table look-ups, one for each nibble, and 16 words are looked up at once by a swizzle of 16 table
 * entries. A table entry has 4 bytes, hence 4 planes: plane b holds byte b of the 16 words.
 */
import { beginShortening, shorten, SHORTENED_BYTES } from './crc32c-shorten.as'
import { CRC_TABLES, FOLD_STATE, FOLD_TABLES } from './memory-map.as'

const POLYNOMIAL: u32 = 0x82f63b78
const FOLD_BLOCK: usize = 64
/** Below this the fold costs more than it saves. */
const FOLD_BYTES_MIN: usize = 192
/** From here on it pays to make the input shorter first. */
const SHORTEN_BYTES_MIN: usize = 8192

/**
 * Fills the tables; called once for each instance, and run by an interpreter then. What a byte or a nibble does is the sum of what
 * its bits do, so only the entries of single bits are worked out.
 */
export function initializeCrc(): void {
  let crc: u32 = 1
  for (let bit: usize = 128; bit > 0; bit >>= 1) {
    crc = movedByBit(crc)
    store<u32>(CRC_TABLES + (bit << 2), crc)
  }
  sumBits(CRC_TABLES)
  for (let table = CRC_TABLES + 1024; table < CRC_TABLES + 16384; table += 1024) {
    for (let bit: usize = 4; bit <= 512; bit <<= 1) {
      const before = load<u32>(table - 1024 + bit)
      store<u32>(table + bit, tableEntry(0, before & 255) ^ (before >> 8))
    }
    sumBits(table)
  }
  for (let nibble: usize = 0; nibble < 8; nibble++) initializeFold(nibble)
}

/** Fills a table that has the entries of single bits. */
function sumBits(table: usize): void {
  store<u32>(table + 12, load<u32>(table + 4) ^ load<u32>(table + 8))
  for (let bytes: usize = 16; bytes < 1024; bytes <<= 1) {
    const upper = table + bytes
    const bit = i32x4.splat(load<u32>(upper))
    for (let i: usize = 0; i < bytes; i += 16) v128.store(upper + i, v128.xor(bit, v128.load(table + i)))
  }
}

// @inline
function movedByBit(crc: u32): u32 {
  return (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)))
}

function initializeFold(nibble: usize): void {
  // The words of the 16 values, until they are taken apart into planes.
  const words = FOLD_STATE
  for (let bit: usize = 0; bit < 4; bit++) {
    let word: u32 = (<u32>1) << (<u32>((nibble << 2) + bit))
    for (let i: usize = 0; i < FOLD_BLOCK; i += 16) word = slice4(word, 12)
    const values: usize = (<usize>1) << bit
    for (let value: usize = 0; value < values; value++) {
      store<u32>(words + ((values + value) << 2), word ^ load<u32>(words + (value << 2)))
    }
  }
  for (let value: usize = 0; value < 16; value++) {
    const word = load<u32>(words + (value << 2))
    for (let plane: usize = 0; plane < 4; plane++) {
      store<u8>(FOLD_TABLES + (((nibble << 2) + plane) << 4) + value, <u8>(word >> ((<u32>plane) << 3)))
    }
  }
}

// @inline
function tableEntry(table: usize, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + ((<usize>byte) << 2))
}

/** The CRC of [start, end), continuing from `seed`, the CRC of what comes before (0 for nothing). */
export function crc32c(start: usize, end: usize, seed: u32): u32 {
  if (end - start < SHORTEN_BYTES_MIN) return ~stateAfter(start, end, ~seed)
  beginShortening(~seed)
  const rest = start + ((end - start - SHORTENED_BYTES) & ~(FOLD_BLOCK - 1))
  const shortened = shorten(start, rest)
  const state = stateAfter(shortened, shortened + SHORTENED_BYTES, 0)
  return ~stateAfter(rest + SHORTENED_BYTES, end, state)
}

/** The remainder, as the register of a CRC holds it, of [start, end) after `state`. */
function stateAfter(start: usize, end: usize, state: u32): u32 {
  let at = start
  if (end - start >= FOLD_BYTES_MIN) {
    at += (end - start) & ~(FOLD_BLOCK - 1)
    fold(start, at, state)
    state = sliceBy16(FOLD_STATE, FOLD_STATE + FOLD_BLOCK, 0)
  }
  return sliceBy16(at, end, state)
}

// @inline
function slice4(word: u32, table: usize): u32 {
  return (
    tableEntry(table + 3, word & 255) ^
    tableEntry(table + 2, (word >> 8) & 255) ^
    tableEntry(table + 1, (word >> 16) & 255) ^
    tableEntry(table, word >> 24)
  )
}

function sliceBy16(start: usize, end: usize, seed: u32): u32 {
  let crc = seed
  let at = start
  for (; end - at >= 16; at += 16) {
    crc =
      slice4(load<u32>(at) ^ crc, 12) ^
      slice4(load<u32>(at, 4), 8) ^
      slice4(load<u32>(at, 8), 4) ^
      slice4(load<u32>(at, 12), 0)
  }
  for (; at < end; at++) crc = tableEntry(0, (crc ^ load<u8>(at)) & 255) ^ (crc >> 8)
  return crc
}

// @inline
function look(nibble: usize, plane: usize, indexes: v128): v128 {
  const table = v128.load(FOLD_TABLES + ((nibble * 4 + plane) << 4))
  return i8x16.swizzle(table, indexes)
}

/** Byte plane `plane` of 16 words, given as nibbles, moved on by one block. */
// @inline
function movedOn(
  plane: usize,
  nibble0: v128,
  nibble1: v128,
  nibble2: v128,
  nibble3: v128,
  nibble4: v128,
  nibble5: v128,
  nibble6: v128,
  nibble7: v128,
): v128 {
  const low01 = v128.xor(look(0, plane, nibble0), look(1, plane, nibble1))
  const low23 = v128.xor(look(2, plane, nibble2), look(3, plane, nibble3))
  const high01 = v128.xor(look(4, plane, nibble4), look(5, plane, nibble5))
  const high23 = v128.xor(look(6, plane, nibble6), look(7, plane, nibble7))
  return v128.xor(v128.xor(low01, low23), v128.xor(high01, high23))
}

// @inline
function evenBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
}

// @inline
function oddBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
}

// @inline
function lowBytesInterleaved(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

// @inline
function highBytesInterleaved(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

/** Folds [start, end), whole blocks and at least one, into 16 words at `FOLD_STATE` that have the same remainder. */
function fold(start: usize, end: usize, seed: u32): void {
  const nibbleMask = i8x16.splat(15)
  let first = v128.xor(v128.load(start), i32x4.replace_lane(i32x4.splat(0), 0, seed))
  let plane0 = i32x4.splat(0)
  let plane1 = plane0
  let plane2 = plane0
  let plane3 = plane0
  for (let at = start; at < end; at += FOLD_BLOCK) {
    const nibble0 = v128.and(plane0, nibbleMask)
    const nibble1 = v128.and(i16x8.shr_u(plane0, 4), nibbleMask)
    const nibble2 = v128.and(plane1, nibbleMask)
    const nibble3 = v128.and(i16x8.shr_u(plane1, 4), nibbleMask)
    const nibble4 = v128.and(plane2, nibbleMask)
    const nibble5 = v128.and(i16x8.shr_u(plane2, 4), nibbleMask)
    const nibble6 = v128.and(plane3, nibbleMask)
    const nibble7 = v128.and(i16x8.shr_u(plane3, 4), nibbleMask)

    const second = v128.load(at, 16)
    const third = v128.load(at, 32)
    const fourth = v128.load(at, 48)
    const evenLow = evenBytes(first, second)
    const evenHigh = evenBytes(third, fourth)
    const oddLow = oddBytes(first, second)
    const oddHigh = oddBytes(third, fourth)
    // The last block reads 16 bytes past `end`, which the slack after every range allows.
    first = v128.load(at, 64)

    plane0 = evenBytes(evenLow, evenHigh)
    plane1 = evenBytes(oddLow, oddHigh)
    plane2 = oddBytes(evenLow, evenHigh)
    plane3 = oddBytes(oddLow, oddHigh)
    plane0 = v128.xor(plane0, movedOn(0, nibble0, nibble1, nibble2, nibble3, nibble4, nibble5, nibble6, nibble7))
    plane1 = v128.xor(plane1, movedOn(1, nibble0, nibble1, nibble2, nibble3, nibble4, nibble5, nibble6, nibble7))
    plane2 = v128.xor(plane2, movedOn(2, nibble0, nibble1, nibble2, nibble3, nibble4, nibble5, nibble6, nibble7))
    plane3 = v128.xor(plane3, movedOn(3, nibble0, nibble1, nibble2, nibble3, nibble4, nibble5, nibble6, nibble7))
  }
  storeWords(plane0, plane1, plane2, plane3)
}

/** Turns the planes back into words. */
// @inline
function storeWords(plane0: v128, plane1: v128, plane2: v128, plane3: v128): void {
  const low01 = lowBytesInterleaved(plane0, plane1)
  const low23 = lowBytesInterleaved(plane2, plane3)
  const high01 = highBytesInterleaved(plane0, plane1)
  const high23 = highBytesInterleaved(plane2, plane3)
  v128.store(FOLD_STATE, v128.shuffle<u16>(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11))
  v128.store(FOLD_STATE, v128.shuffle<u16>(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15), 16)
  v128.store(FOLD_STATE, v128.shuffle<u16>(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11), 32)
  v128.store(FOLD_STATE, v128.shuffle<u16>(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15), 48)
}
