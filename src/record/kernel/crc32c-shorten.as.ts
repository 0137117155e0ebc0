/**
 * Makes the input of a long CRC-32C short without a change of its remainder, at three xors for 16 bytes. For
 *
 *     x^(8 * 5321) + x^(8 * (5321 - 1747)) + x^(8 * (5321 - 2830)) + 1
 *
 * is a multiple of the polynomial, a byte may be taken away when it is added (xor) to the bytes 1747, 2830 and 5321 behind it. What is
 * taken away so is kept in a table, to be added to what comes later; in the end all that is left lies in the last 5321 bytes.
 * A multiple has an even number of terms, because x + 1 divides the polynomial, and none of four terms is shorter than 5275. This one
 * is the first whose distances are too long for a load to meet stores that are still under way.
 */
import { SHORTENED } from './memory-map.as'

const NEAR: usize = 1747
const MIDDLE: usize = 2830
const FAR: usize = 5321
/** `FAR` in whole steps. */
export const SHORTENED_BYTES: usize = 5376
const STEP: usize = 64
/** Input is taken in pieces; the table holds what was taken away from the bytes before a piece, and from the piece. */
const PIECE_BYTES: usize = 24576

/** Begins with the bytes of a `state` that the remainder goes on from: it counts as if it were added to the first input. */
export function beginShortening(state: u32): void {
  memory.fill(SHORTENED, 0, SHORTENED_BYTES)
  store<u32>(SHORTENED + SHORTENED_BYTES - FAR, state)
}

/**
 * Takes [start, end) away: whole steps of 64 bytes, followed by `SHORTENED_BYTES` of more input. Returns where these lie now,
 * with all added to them.
 */
export function shorten(start: usize, end: usize): usize {
  for (let at = start; at < end;) {
    const pieceEnd = min(end, at + PIECE_BYTES)
    takeAway(at, pieceEnd)
    memory.copy(SHORTENED, SHORTENED + (pieceEnd - at), SHORTENED_BYTES)
    at = pieceEnd
  }
  const zeros = SHORTENED + SHORTENED_BYTES
  const target = zeros + SHORTENED_BYTES
  memory.fill(zeros, 0, SHORTENED_BYTES)
  for (let i: usize = 0; i < SHORTENED_BYTES; i += 16) v128.store(target + i, added(end + i, zeros + i - FAR))
  return target
}

// @inline
function takeAway(start: usize, end: usize): void {
  let table = SHORTENED + SHORTENED_BYTES - FAR
  for (let at = start; at < end; at += STEP) {
    v128.store(table, added(at, table), FAR)
    v128.store(table, added(at + 16, table + 16), FAR + 16)
    v128.store(table, added(at + 32, table + 32), FAR + 32)
    v128.store(table, added(at + 48, table + 48), FAR + 48)
    table += STEP
  }
}

/** 16 bytes of input and what is added to them; `table` is the place that lies `FAR` before theirs. */
// @inline
function added(at: usize, table: usize): v128 {
  const far = v128.xor(v128.load(at), v128.load(table))
  return v128.xor(far, v128.xor(v128.load(table, FAR - MIDDLE), v128.load(table, FAR - NEAR)))
}
