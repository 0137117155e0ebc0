import { copyLine, copyOver } from './copy.as'
import { CONSTANTS, POSITIONS, REPORT } from './memory-map.as'
import { sizeOfUnsigned, unsignedOfThree, unsignedOfTwo, writeUnsigned, writeVarlong } from './varint.as'

/** Input is searched in pieces whose delimiter positions fit into the table at `POSITIONS`. */
const SCAN_BYTES: usize = 2048
const FIRST_SCAN_BYTES: usize = 128

/** Values up to this size and offset deltas below this one have varints of at most two and three bytes, wherever they stand. */
const USUAL_VALUE_BYTES_MAX: usize = 8000
const USUAL_OFFSET_DELTAS: u32 = 0x10_0000
/** So many offset deltas in a row differ in the first byte of their varint only. */
const RUN_RECORDS: u32 = 64

// The stops, as `encodeStops` of wasm-kernel.ts lists them.
const NEED_INPUT: i32 = 0
const FULL: i32 = 1
const TOO_LARGE: i32 = 2

/**
 * `Kernel.encodeLines`. Two passes over each piece: SIMD finds the delimiters, then each line is copied behind its head.
 *
 * Report: 0 input position, 4 searched up to, 8 output position, 12 next offset delta,
 * 16 bytes of a value that is too large.
 */
export function encodeLines(
  inputStart: usize,
  inputSearched: usize,
  inputEnd: usize,
  isFinal: bool,
  outputStart: usize,
  outputEnd: usize,
  delimiter: i32,
  timestampDelta: f64,
  firstOffsetDelta: u32,
  recordsMax: u32,
  valueBytesMax: u32,
  keyStart: usize,
  keyBytes: usize,
  headersStart: usize,
  headersBytes: usize,
): i32 {
  // Attributes and timestamp delta: 2 to 11 bytes that each record has alike.
  store<u8>(CONSTANTS, 0)
  const prefixBytes = writeVarlong(CONSTANTS + 1, <i64>timestampDelta) - CONSTANTS
  const fixedBytes = prefixBytes + keyBytes + headersBytes
  const prefix = v128.load(CONSTANTS)
  // The usual record has neither key nor headers, but a byte that says so, and a timestamp delta of one byte.
  const isUsual = keyBytes === 1 && headersBytes === 1 && prefixBytes === 2
  const usualValueBytesMax = min(<usize>valueBytesMax, USUAL_VALUE_BYTES_MAX)
  const usualPrefix = <u64>load<u16>(CONSTANTS)
  const usualKey = <u64>load<u8>(keyStart)
  const usualHeaders = load<u8>(headersStart)
  const needle = i8x16.splat(<i8>delimiter)
  let lineStart = inputStart
  let out = outputStart
  let offsetDelta = firstOffsetDelta
  let searched = inputSearched
  // A batch of a few records must not pay for a search of much more.
  let scanBytes = FIRST_SCAN_BYTES
  let stop = NEED_INPUT

  while (stop === NEED_INPUT) {
    const scanEnd = min(inputEnd, searched + scanBytes)
    scanBytes = min(scanBytes << 1, SCAN_BYTES)
    let positionsEnd = findDelimiters(searched, scanEnd, needle)
    searched = scanEnd
    if (isFinal && scanEnd === inputEnd && endsWithLine(lineStart, inputEnd, positionsEnd)) {
      store<u32>(positionsEnd, <u32>inputEnd)
      positionsEnd += 4
    }
    for (let entry = POSITIONS; entry < positionsEnd; entry += 4) {
      if (isUsual && offsetDelta < USUAL_OFFSET_DELTAS) {
        const recordsLeft = min(
          RUN_RECORDS - (offsetDelta & (RUN_RECORDS - 1)),
          recordsMax - min(recordsMax, offsetDelta),
        )
        const runStart = entry
        const runEnd = min(positionsEnd, entry + ((<usize>recordsLeft) << 2))
        const offsetBytes = sizeOfUnsigned(offsetDelta << 1)
        const lengthShift = (3 + offsetBytes) << 3
        // What stands between the length of a record and that of its value: it grows by one offset with each record.
        let head = usualPrefix | ((<u64>unsignedOfThree(offsetDelta << 1)) << 16) | (usualKey << (lengthShift - 8))
        for (; entry < runEnd; entry += 4) {
          const lineEnd = <usize>load<u32>(entry)
          const valueBytes = lineEnd - lineStart
          const valueHasTwo = usize(valueBytes > 63)
          const body = 5 + offsetBytes + valueHasTwo + valueBytes
          const bodyHasTwo = usize(body > 63)
          if (valueBytes > usualValueBytesMax || 1 + bodyHasTwo + body > outputEnd - out) break
          store<u16>(out, <u16>unsignedOfTwo((<u32>body) << 1, <u32>bodyHasTwo))
          out += 1 + bodyHasTwo
          store<u64>(out, head | ((<u64>unsignedOfTwo((<u32>valueBytes) << 1, <u32>valueHasTwo)) << lengthShift))
          out += 4 + offsetBytes + valueHasTwo
          copyLine(out, lineStart, valueBytes)
          out += valueBytes
          store<u8>(out, usualHeaders)
          out++
          head += 2 << 16
          lineStart = lineEnd + 1
        }
        offsetDelta += <u32>(entry - runStart) >> 2
        if (entry === runEnd && runEnd > runStart) {
          entry -= 4
          continue
        }
      }
      const lineEnd = <usize>load<u32>(entry)
      const valueBytes = lineEnd - lineStart
      const zigzagOffset = offsetDelta << 1
      const zigzagValue = (<u32>valueBytes) << 1
      const body = fixedBytes + sizeOfUnsigned(zigzagOffset) + sizeOfUnsigned(zigzagValue) + valueBytes
      const zigzagBody = (<u32>body) << 1
      if (<u32>valueBytes > valueBytesMax) {
        store<u32>(REPORT, <u32>valueBytes, 16)
        stop = TOO_LARGE
        break
      }
      if (offsetDelta >= recordsMax || sizeOfUnsigned(zigzagBody) + body > outputEnd - out) {
        stop = FULL
        break
      }
      out = writeUnsigned(out, zigzagBody)
      v128.store(out, prefix)
      out = writeUnsigned(out + prefixBytes, zigzagOffset)
      copyOver(out, keyStart, keyBytes)
      out = writeUnsigned(out + keyBytes, zigzagValue)
      copyOver(out, lineStart, valueBytes)
      out += valueBytes
      copyOver(out, headersStart, headersBytes)
      out += headersBytes
      offsetDelta++
      lineStart = lineEnd + 1
    }
    if (scanEnd === inputEnd) break
  }
  store<u32>(REPORT, <u32>min(lineStart, inputEnd))
  store<u32>(REPORT, <u32>(stop === NEED_INPUT ? inputEnd : lineStart), 4)
  store<u32>(REPORT, <u32>out, 8)
  store<u32>(REPORT, offsetDelta, 12)
  return stop
}

/** Whether bytes are left after the last delimiter found. */
// @inline
function endsWithLine(lineStart: usize, inputEnd: usize, positionsEnd: usize): bool {
  const rest = positionsEnd === POSITIONS ? lineStart : <usize>load<u32>(positionsEnd - 4) + 1
  return rest < inputEnd
}

// @inline
function delimitersIn(at: usize, needle: v128): u64 {
  const mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), needle))
  return <u64>mask
}

/** Writes the positions of the delimiters in [start, end) to the table at `POSITIONS`, and returns where they end. */
// @inline
function findDelimiters(start: usize, end: usize, needle: v128): usize {
  const one: u64 = 1
  let tail = POSITIONS
  for (let at = start; at < end; at += 64) {
    let mask =
      delimitersIn(at, needle) |
      (delimitersIn(at + 16, needle) << 16) |
      (delimitersIn(at + 32, needle) << 32) |
      (delimitersIn(at + 48, needle) << 48)
    const left = <u64>(end - at)
    if (left < 64) mask &= (one << left) - 1
    const tailNext = tail + ((<usize>popcnt(mask)) << 2)
    // Four at once whether there are that many or not: a wrong guess costs more than a store.
    do {
      store<u32>(tail, <u32>(at + <usize>ctz(mask)))
      mask &= mask - 1
      store<u32>(tail, <u32>(at + <usize>ctz(mask)), 4)
      mask &= mask - 1
      store<u32>(tail, <u32>(at + <usize>ctz(mask)), 8)
      mask &= mask - 1
      store<u32>(tail, <u32>(at + <usize>ctz(mask)), 12)
      mask &= mask - 1
      tail += 16
    } while (tail < tailNext)
    tail = tailNext
  }
  return tail
}
