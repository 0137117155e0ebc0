import { copyOver } from './copy.as'
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

  while (at < end && written < recordsMax) {
    const length = readUnsigned(at)
    const bodyStart = at + <usize>(length >> 32)
    const zigzagBody = <u32>length
    // Odd is negative; a size of 0 is a varint that is too long.
    if (bodyStart === at || zigzagBody & 1 || bodyStart > end || zigzagBody >> 1 > <u32>(end - bodyStart)) {
      stop = MALFORMED
      break
    }
    const bodyEnd = bodyStart + <usize>(zigzagBody >> 1)

    // The usual record: no key, no headers, and numbers of one or two bytes. Where they end is where the high bit is clear.
    let ends = ~(<u32>i8x16.bitmask(v128.load(bodyStart))) & 0xfffe
    const timestampLast = <usize>ctz(ends)
    ends &= ends - 1
    const offsetLast = <usize>ctz(ends)
    ends &= ends - 1
    const keyLast = <usize>ctz(ends)
    ends &= ends - 1
    const valueLast = <usize>ctz(ends)
    const usualOffset = shortVarint(bodyStart + timestampLast + 1, offsetLast - timestampLast)
    const usualLength = shortVarint(bodyStart + keyLast + 1, valueLast - keyLast)
    const usualValueStart = bodyStart + valueLast + 1
    const usualBytes = <usize>(usualLength >> 1)
    const isUsual =
      i32(timestampLast < 10) &
      i32(offsetLast - timestampLast < 3) &
      i32(load<u8>(bodyStart + keyLast) === 1) &
      i32(keyLast - offsetLast === 1) &
      i32(valueLast - keyLast < 3) &
      i32((usualLength & 1) === 0) &
      i32(usualValueStart + usualBytes + 1 === bodyEnd) &
      i32(load<u8>(bodyEnd - 1) === 0) &
      i32(unzigzag(usualOffset) >= firstOffsetDelta) &
      i32(usualBytes < outputEnd - out)
    if (isUsual) {
      copyOver(out, usualValueStart, usualBytes)
      out += usualBytes
      store<u8>(out++, <u8>delimiter)
      seen++
      written++
      at = bodyEnd
      continue
    }

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
