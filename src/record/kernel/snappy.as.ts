import { copyMatch, copyOver } from './copy.as'
import { endOfMatch } from './lz4.as'
import { HASH_TABLE } from './memory-map.as'
import { writeUnsigned } from './varint.as'

/**
 * Raw Snappy blocks: the expanded size as a varint, then elements whose tag says in its lowest two bits: 0 literals, 1 copy
 * with an 11 bit distance, 2 with 16 bits, 3 with 32. https://github.com/google/snappy/blob/main/format_description.txt
 */
const HASH_BITS: u32 = 14
const MATCH_BYTES_MIN: usize = 4
/** No match begins in the last 15 bytes, so that words can be read without looking. */
const MATCH_START_MARGIN: usize = 15
/** After every 32 misses the search takes longer steps. */
const MISSES_PER_STEP_BITS: u32 = 5

/** Compresses at most 64 KiB; answers the size, or -1 when it does not fit into the output. */
export function snappyCompress(start: usize, end: usize, outputStart: usize, outputEnd: usize): i32 {
  if (outputEnd - outputStart < 5) return -1
  let anchor = start
  let out = writeUnsigned(outputStart, <u32>(end - start))
  if (end - start > MATCH_START_MARGIN) {
    memory.fill(HASH_TABLE, 0, 2 << HASH_BITS)
    const searchEnd = end - MATCH_START_MARGIN
    let at = start + 1
    let misses: u32 = 1 << MISSES_PER_STEP_BITS
    while (at <= searchEnd) {
      const word = load<u32>(at)
      const entry = HASH_TABLE + ((<usize>((word * 0x1e35a7bd) >> (32 - HASH_BITS))) << 1)
      const candidate = start + <usize>load<u16>(entry)
      store<u16>(entry, <u16>(at - start))
      if (load<u32>(candidate) !== word) {
        at += <usize>(misses++ >> MISSES_PER_STEP_BITS)
        continue
      }
      const matchEnd = endOfMatch(at + MATCH_BYTES_MIN, candidate + MATCH_BYTES_MIN, end)
      const matchBytes = matchEnd - at
      // 3 bytes of literal tag, and 3 for each started 64 of the match.
      if (at - anchor + 3 + 3 * ((matchBytes >> 6) + 2) > outputEnd - out) return -1
      if (at > anchor) out = writeLiterals(out, anchor, at)
      out = writeCopies(out, at - candidate, matchBytes)
      anchor = at = matchEnd
      misses = 1 << MISSES_PER_STEP_BITS
      const passed = at - 1
      store<u16>(
        HASH_TABLE + ((<usize>((load<u32>(passed) * 0x1e35a7bd) >> (32 - HASH_BITS))) << 1),
        <u16>(passed - start),
      )
    }
  }
  if (anchor < end) {
    if (end - anchor + 3 > outputEnd - out) return -1
    out = writeLiterals(out, anchor, end)
  }
  return <i32>(out - outputStart)
}

/** Writes 1 to 65536 literals. */
// @inline
function writeLiterals(at: usize, literals: usize, literalsEnd: usize): usize {
  const last = literalsEnd - literals - 1
  let target = at + 1
  if (last < 60) {
    store<u8>(at, <u8>(last << 2))
  } else if (last < 256) {
    store<u8>(at, 60 << 2)
    store<u8>(at, <u8>last, 1)
    target++
  } else {
    store<u8>(at, 61 << 2)
    store<u16>(at, <u16>last, 1)
    target += 2
  }
  copyOver(target, literals, last + 1)
  return target + last + 1
}

/** A copy takes at most 64 bytes; the pieces are cut so that the last is never below 4. */
// @inline
function writeCopies(at: usize, distance: usize, bytes: usize): usize {
  while (bytes >= 68) {
    at = writeLongCopy(at, distance, 64)
    bytes -= 64
  }
  if (bytes > 64) {
    at = writeLongCopy(at, distance, 60)
    bytes -= 60
  }
  if (bytes > 11 || distance > 2047) return writeLongCopy(at, distance, bytes)
  store<u8>(at, <u8>(((distance >> 8) << 5) | ((bytes - 4) << 2) | 1))
  store<u8>(at, <u8>distance, 1)
  return at + 2
}

// @inline
function writeLongCopy(at: usize, distance: usize, bytes: usize): usize {
  store<u8>(at, <u8>(((bytes - 1) << 2) | 2))
  store<u16>(at, <u16>distance, 1)
  return at + 3
}

/**
 * Expands a block; answers the size, or -1 when the block is damaged or does not fit into the output. Nothing is read or
 * written outside the two ranges and their slack.
 */
export function snappyDecompress(start: usize, end: usize, outputStart: usize, outputEnd: usize): i32 {
  let at = start
  let claimed: u64 = 0
  for (let shift: u64 = 0; ; shift += 7) {
    if (at >= end || shift > 28) return -1
    const byte = <u64>load<u8>(at++)
    claimed |= (byte & 127) << shift
    if (byte < 128) break
  }
  if (claimed > <u64>(outputEnd - outputStart)) return -1
  const outEnd = outputStart + <usize>claimed
  let out = outputStart

  while (at < end) {
    const tag = <usize>load<u8>(at++)
    const kind = tag & 3
    if (kind === 0) {
      let bytes = (tag >> 2) + 1
      if (bytes > 60) {
        const lengthBytes = bytes - 60
        if (end - at < lengthBytes) return -1
        const last = load<u32>(at) & (<u32>0xffff_ffff >> (32 - <u32>(lengthBytes << 3)))
        if (last > 0x7fff_ffff) return -1
        bytes = <usize>last + 1
        at += lengthBytes
      }
      if (bytes > end - at || bytes > outEnd - out) return -1
      copyOver(out, at, bytes)
      at += bytes
      out += bytes
      continue
    }
    let distance: usize
    let bytes: usize
    if (kind === 1) {
      if (at >= end) return -1
      bytes = ((tag >> 2) & 7) + 4
      distance = ((tag >> 5) << 8) | <usize>load<u8>(at)
      at += 1
    } else if (kind === 2) {
      if (end - at < 2) return -1
      bytes = (tag >> 2) + 1
      distance = <usize>load<u16>(at)
      at += 2
    } else {
      if (end - at < 4) return -1
      bytes = (tag >> 2) + 1
      distance = <usize>load<u32>(at)
      at += 4
    }
    if (distance === 0 || distance > out - outputStart || bytes > outEnd - out) return -1
    copyMatch(out, distance, bytes)
    out += bytes
  }
  return out === outEnd ? <i32>claimed : -1
}
