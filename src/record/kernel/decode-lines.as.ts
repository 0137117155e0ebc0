import { copyLine, copyOver } from './copy.as'
import { REPORT } from './memory-map.as'
import { readUnsigned, sizeOfVarlongAt } from './varint.as'

// The stops, as `decodeStops` of wasm-kernel.ts lists them.
const DONE: i32 = 0
const FULL: i32 = 1
const LARGE: i32 = 2
const MALFORMED: i32 = 3

/** `NULL` in the order of memory. */
const NULL_MARKER: u32 = 0x4c4c554e

/**
 * `Kernel.decodeLines`. Lengths are compared with what is left before they are used; a varint is read before it is known to
 * be inside, which the slack after every range allows, and compared afterwards.
 *
 * Report: 0 position, 4 output position, 8 records seen, 12 records written, 16 and 20 start and end of a large value.
 */
export function decodeLines(
  start: usize,
  end: usize,
  outputStart: usize,
  outputPosition: usize,
  outputEnd: usize,
  delimiter: i32,
  firstOffsetDelta: i32,
  recordsMax: u32,
  hasNullMarker: bool,
): i32 {
  let at = start
  let out = outputPosition
  let seen: u32 = 0
  let written: u32 = 0
  let stop = DONE

  // The shape of the usual record, one without key and headers whose offset is wanted: which bytes of its head go on into the
  // next one, and where things stand because of that. Records mostly have the shape of the one before. No shape yet: bit 31.
  let shape: u32 = 0x8000_0000
  let shapeMask: u32 = 0x8000_0000
  let lengthBytes: usize = 1
  let valueLengthAt: usize = 0
  let headBytes: usize = 0
  let offsetAt: usize = 0

  while (at < end && written < recordsMax) {
    if (((<u32>i8x16.bitmask(v128.load(at)) ^ shape) & shapeMask) === 0) {
      const zigzag = shortVarint(at, lengthBytes)
      const last = at + lengthBytes + <usize>(zigzag >> 1) - 1
      const usualBytes = last - at - headBytes
      // A body too short for its head makes `usualBytes` enormous.
      if (last < end && usualBytes < outputEnd - out) {
        const isUsual =
          i32((zigzag & 1) === 0) &
          i32(load<u8>(at + valueLengthAt - 1) === 1) &
          i32(shortVarint(at + valueLengthAt, headBytes - valueLengthAt) === (<u32>usualBytes) << 1) &
          i32((load<u8>(at + offsetAt) & 1) === 0) &
          i32(load<u8>(last) === 0)
        if (isUsual) {
          copyLine(out, at + headBytes, usualBytes)
          out += usualBytes
          store<u8>(out++, <u8>delimiter)
          seen++
          written++
          at = last + 1
          continue
        }
      }
    }

    const recordStart = at
    const length = readUnsigned(at)
    const bodyStart = at + <usize>(length >> 32)
    const zigzagBody = <u32>length
    // Odd is negative; a size of 0 is a varint that is too long.
    if (bodyStart === at || zigzagBody & 1 || bodyStart > end || zigzagBody >> 1 > <u32>(end - bodyStart)) {
      stop = MALFORMED
      break
    }
    const bodyEnd = bodyStart + <usize>(zigzagBody >> 1)
    const timestampBytes = sizeOfVarlongAt(bodyStart + 1)
    const offsetStart = bodyStart + 1 + timestampBytes
    const offset = readUnsigned(offsetStart)
    const keyStart = offsetStart + <usize>(offset >> 32)
    const keyLength = readUnsigned(keyStart)
    const keyEnd = keyStart + <usize>(keyLength >> 32) + lengthOf(<u32>keyLength)
    if (
      timestampBytes === 0 ||
      keyStart === offsetStart ||
      <u32>(keyLength >> 32) === 0 ||
      isBelowNull(<u32>keyLength) ||
      keyEnd > bodyEnd ||
      keyEnd < keyStart
    ) {
      stop = MALFORMED
      break
    }
    const valueLength = readUnsigned(keyEnd)
    const valueStart = keyEnd + <usize>(valueLength >> 32)
    const valueBytes = lengthOf(<u32>valueLength)
    if (
      valueStart === keyEnd ||
      isBelowNull(<u32>valueLength) ||
      valueStart > bodyEnd ||
      valueBytes > bodyEnd - valueStart ||
      !areHeadersValid(valueStart + valueBytes, bodyEnd)
    ) {
      stop = MALFORMED
      break
    }
    const isNull = <u32>valueLength === 1
    const isWanted = unzigzag(<u32>offset) >= firstOffsetDelta
    const bytesNeeded = (isNull && hasNullMarker ? <usize>4 : valueBytes) + 1
    if (isWanted && bytesNeeded > outputEnd - out) {
      if (out !== outputStart || isNull) {
        stop = FULL
        break
      }
      store<u32>(REPORT, <u32>valueStart, 16)
      store<u32>(REPORT, <u32>(valueStart + valueBytes), 20)
      stop = LARGE
    }
    seen++
    at = bodyEnd
    if (!isWanted) continue
    written++
    if (stop === LARGE) break
    if (isNull && hasNullMarker) store<u32>(out, NULL_MARKER)
    else copyOver(out, valueStart, valueBytes)
    out += bytesNeeded
    store<u8>(out - 1, <u8>delimiter)

    // Varints that are so short cannot be out of range, whatever their values are.
    const isShort =
      i32(bodyStart - recordStart < 3) &
      i32(timestampBytes < 10) &
      i32(keyStart - offsetStart < 5) &
      i32(valueStart - keyEnd < 3) &
      i32(valueStart - recordStart < 16)
    if (isShort && <u32>keyLength === 1 && firstOffsetDelta <= 0) {
      lengthBytes = bodyStart - recordStart
      offsetAt = offsetStart - recordStart
      valueLengthAt = keyEnd - recordStart
      headBytes = valueStart - recordStart
      // All bytes of the head but the attributes.
      shapeMask = (((<u32>1) << (<u32>headBytes)) - 1) ^ ((<u32>1) << (<u32>lengthBytes))
      shape = <u32>i8x16.bitmask(v128.load(recordStart))
    }
  }
  store<u32>(REPORT, <u32>at)
  store<u32>(REPORT, <u32>out, 4)
  store<u32>(REPORT, seen, 8)
  store<u32>(REPORT, written, 12)
  return stop
}

/** The varint of one or two bytes at `at`; something else when it has more. */
// @inline
function shortVarint(at: usize, size: usize): u32 {
  const both = <u32>load<u16>(at)
  return (both & 127) | (size > 1 ? (both >> 8) << 7 : 0)
}

// @inline
function unzigzag(value: u32): i32 {
  return <i32>(value >> 1) ^ -(<i32>value & 1)
}

/** Bytes that a zig-zag length stands for: none when it is null (-1). */
// @inline
function lengthOf(zigzag: u32): usize {
  return zigzag & 1 ? 0 : <usize>(zigzag >> 1)
}

// @inline
function isBelowNull(zigzag: u32): bool {
  return (zigzag & 1) !== 0 && zigzag !== 1
}

/** Whether [start, end) is a count and that many headers, and nothing else. */
// @inline
function areHeadersValid(start: usize, end: usize): bool {
  return end - start === 1 && load<u8>(start) === 0 ? true : areManyHeadersValid(start, end)
}

function areManyHeadersValid(start: usize, end: usize): bool {
  const count = readUnsigned(start)
  let at = start + <usize>(count >> 32)
  if (at === start || <u32>count & 1 || at > end) return false
  for (let left = <u32>count >> 1; left > 0; left--) {
    const keyLength = readUnsigned(at)
    if (keyLength >> 32 === 0 || <u32>keyLength & 1) return false
    at += <usize>(keyLength >> 32)
    if (at > end || <usize>(<u32>keyLength >> 1) > end - at) return false
    at += <usize>(<u32>keyLength >> 1)
    const valueLength = readUnsigned(at)
    if (valueLength >> 32 === 0 || isBelowNull(<u32>valueLength)) return false
    at += <usize>(valueLength >> 32)
    if (at > end || lengthOf(<u32>valueLength) > end - at) return false
    at += lengthOf(<u32>valueLength)
  }
  return at === end
}
