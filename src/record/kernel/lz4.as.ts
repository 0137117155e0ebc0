import { copyMatch, copyOver } from './copy.as'
import { HASH_TABLE } from './memory-map.as'

/**
 * Raw LZ4 blocks: sequences of { token, literal length, literals, offset (uint16 LE), match length }, the last one of literals
 * only. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
const HASH_BITS: u32 = 13
const MATCH_BYTES_MIN: usize = 4
/** The format wants the last 5 bytes to be literals, and no match to begin in the last 12. */
const LAST_LITERALS: usize = 5
const MATCH_START_MARGIN: usize = 12
/** After every 64 misses the search takes longer steps. */
const MISSES_PER_STEP_BITS: u32 = 6

/** Compresses at most 64 KiB; answers the size, or -1 when it does not fit into the output. */
export function lz4Compress(start: usize, end: usize, outputStart: usize, outputEnd: usize): i32 {
  let anchor = start
  let out = outputStart
  if (end - start > MATCH_START_MARGIN) {
    memory.fill(HASH_TABLE, 0, 2 << HASH_BITS)
    const searchEnd = end - MATCH_START_MARGIN
    let at = start + 1
    let misses: u32 = 1 << MISSES_PER_STEP_BITS
    while (at <= searchEnd) {
      const word = load<u32>(at)
      const entry = HASH_TABLE + ((<usize>((word * 2654435761) >> (32 - HASH_BITS))) << 1)
      let candidate = start + <usize>load<u16>(entry)
      store<u16>(entry, <u16>(at - start))
      if (load<u32>(candidate) !== word) {
        at += <usize>(misses++ >> MISSES_PER_STEP_BITS)
        continue
      }
      while (at > anchor && candidate > start && load<u8>(at - 1) === load<u8>(candidate - 1)) {
        at--
        candidate--
      }
      const matchEnd = endOfMatch(at + MATCH_BYTES_MIN, candidate + MATCH_BYTES_MIN, end - LAST_LITERALS)
      if (worstSizeOf(at - anchor, matchEnd - at) > outputEnd - out) return -1
      out = writeSequence(out, anchor, at, matchEnd - at)
      store<u16>(out, <u16>(at - candidate))
      out = writeLength(out + 2, matchEnd - at - MATCH_BYTES_MIN)
      anchor = at = matchEnd
      misses = 1 << MISSES_PER_STEP_BITS
      const passed = at - 2
      store<u16>(
        HASH_TABLE + ((<usize>((load<u32>(passed) * 2654435761) >> (32 - HASH_BITS))) << 1),
        <u16>(passed - start),
      )
    }
  }
  if (worstSizeOf(end - anchor, 0) > outputEnd - out) return -1
  return <i32>(writeSequence(out, anchor, end, MATCH_BYTES_MIN) - outputStart)
}

/** Token, both lengths, literals and offset. */
// @inline
function worstSizeOf(literalBytes: usize, matchBytes: usize): usize {
  return literalBytes + literalBytes / 255 + matchBytes / 255 + 5
}

/** Writes a token, its literal length and the literals; returns where the offset goes. */
// @inline
function writeSequence(at: usize, literals: usize, literalsEnd: usize, matchBytes: usize): usize {
  const bytes = literalsEnd - literals
  const extra = matchBytes - MATCH_BYTES_MIN
  store<u8>(at, <u8>((min(bytes, 15) << 4) | min(extra, 15)))
  const target = writeLength(at + 1, bytes)
  copyOver(target, literals, bytes)
  return target + bytes
}

/** Writes what of a length does not fit into the 4 bits of a token. */
// @inline
function writeLength(at: usize, length: usize): usize {
  if (length < 15) return at
  let rest = length - 15
  while (rest >= 255) {
    store<u8>(at++, 255)
    rest -= 255
  }
  store<u8>(at, <u8>rest)
  return at + 1
}

/** Where the bytes from `at` stop being those from `candidate`, at most `limit`. */
// @inline
export function endOfMatch(at: usize, candidate: usize, limit: usize): usize {
  while (at + 8 <= limit) {
    const difference = load<u64>(at) ^ load<u64>(candidate)
    if (difference) return at + <usize>(ctz(difference) >> 3)
    at += 8
    candidate += 8
  }
  while (at < limit && load<u8>(at) === load<u8>(candidate)) {
    at++
    candidate++
  }
  return at
}

/**
 * Expands a block; matches may reach back to `historyStart`. Answers the size, or -1 when the block is damaged or does not
 * fit into the output. Nothing is read or written outside the two ranges and their slack.
 */
export function lz4Decompress(
  start: usize,
  end: usize,
  outputStart: usize,
  outputEnd: usize,
  historyStart: usize,
): i32 {
  let at = start
  let out = outputStart
  while (at < end) {
    const token = <usize>load<u8>(at++)
    let literals = token >> 4
    if (literals === 15) {
      let byte: usize = 255
      while (byte === 255) {
        if (at >= end || literals > outputEnd - out) return -1
        byte = <usize>load<u8>(at++)
        literals += byte
      }
    }
    if (literals > end - at || literals > outputEnd - out) return -1
    copyOver(out, at, literals)
    at += literals
    out += literals
    if (at === end) return <i32>(out - outputStart)

    if (end - at < 2) return -1
    const distance = <usize>load<u16>(at)
    at += 2
    let matchBytes = token & 15
    if (matchBytes === 15) {
      let byte: usize = 255
      while (byte === 255) {
        if (at >= end || matchBytes > outputEnd - out) return -1
        byte = <usize>load<u8>(at++)
        matchBytes += byte
      }
    }
    matchBytes += MATCH_BYTES_MIN
    if (distance === 0 || distance > out - historyStart || matchBytes > outputEnd - out) return -1
    copyMatch(out, distance, matchBytes)
    out += matchBytes
  }
  return -1
}
