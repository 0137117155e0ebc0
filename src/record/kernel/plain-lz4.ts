import type { BlockTask } from './kernel.ts'
import { byteAt, copyMatch, endOfMatch, hashAt, wordAt } from './plain-blocks.ts'

/**
 * Raw LZ4 blocks: sequences of { token, literal length, literals, offset (uint16 LE), match length }, the last one of literals
 * only. https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
const hash = { multiplier: 2_654_435_761, bits: 13 }
const matchBytesMin = 4
/** The format wants the last 5 bytes to be literals, and no match to begin in the last 12. */
const lastLiterals = 5
const matchStartMargin = 12
/** After every 64 misses the search takes longer steps. */
const missesPerStepBits = 6

interface Sequence {
  /** Literals lie from here up to the match. */
  readonly anchor: number
  readonly at: number
  readonly matchEnd: number
  readonly distance: number
}

/** `Kernel.lz4Compress`; `table` is all zero. */
export function lz4Compress(memory: Uint8Array, task: BlockTask, table: Uint16Array): number {
  let out = task.outputStart
  let anchor = task.start
  for (;;) {
    const sequence = nextSequence(memory, task, anchor, table)
    const { at, matchEnd } = sequence ?? { at: task.end, matchEnd: task.end }
    if (worstSizeOf(at - anchor, matchEnd - at) > task.outputEnd - out) return -1
    out = writeLiterals(memory, out, {
      anchor,
      at,
      tokenOfMatch: sequence ? tokenOf(matchEnd - at - matchBytesMin) : 0,
    })
    if (sequence === undefined) return out - task.outputStart
    memory[out] = sequence.distance
    memory[out + 1] = sequence.distance >> 8
    out = writeLength(memory, out + 2, matchEnd - at - matchBytesMin)
    anchor = matchEnd
    table[hashAt(memory, anchor - 2, hash)] = anchor - 2 - task.start
  }
}

/** The first match from `anchor` on, taking longer steps the longer there is none. */
function nextSequence(
  memory: Uint8Array,
  { start, end }: BlockTask,
  anchor: number,
  table: Uint16Array,
): Sequence | undefined {
  let misses = 1 << missesPerStepBits
  for (let at = Math.max(anchor, start + 1); at <= end - matchStartMargin; at += misses++ >> missesPerStepBits) {
    const slot = hashAt(memory, at, hash)
    const candidate = start + (table[slot] ?? 0)
    table[slot] = at - start
    if (wordAt(memory, candidate) !== wordAt(memory, at)) continue
    const matchEnd = endOfMatch(memory, at + matchBytesMin, candidate + matchBytesMin, end - lastLiterals)
    const backwards = bytesBefore(memory, at, candidate, Math.min(at - anchor, candidate - start))
    return { anchor, at: at - backwards, matchEnd, distance: at - candidate }
  }
  return undefined
}

/** How many bytes before `at` and `candidate` are the same, at most `limit`. */
function bytesBefore(memory: Uint8Array, at: number, candidate: number, limit: number): number {
  let bytes = 0
  while (bytes < limit && memory[at - bytes - 1] === memory[candidate - bytes - 1]) bytes++
  return bytes
}

/** Token, both lengths, literals and offset. */
function worstSizeOf(literalBytes: number, matchBytes: number): number {
  return literalBytes + Math.floor(literalBytes / 255) + Math.floor(matchBytes / 255) + 5
}

/** What of a length goes into the 4 bits of a token. */
function tokenOf(length: number): number {
  return Math.min(length, 15)
}

function writeLiterals(
  memory: Uint8Array,
  out: number,
  { anchor, at, tokenOfMatch }: { readonly anchor: number; readonly at: number; readonly tokenOfMatch: number },
): number {
  memory[out] = (tokenOf(at - anchor) << 4) | tokenOfMatch
  const target = writeLength(memory, out + 1, at - anchor)
  memory.copyWithin(target, anchor, at)
  return target + at - anchor
}

/** Writes what of a length does not fit into a token. */
function writeLength(memory: Uint8Array, at: number, length: number): number {
  if (length < 15) return at
  let out = at
  let rest = length - 15
  for (; rest >= 255; rest -= 255) memory[out++] = 255
  memory[out++] = rest
  return out
}

/** `Kernel.lz4Decompress`. */
export function lz4Decompress(memory: Uint8Array, task: BlockTask): number {
  const historyStart = task.historyStart ?? task.outputStart
  const from: Cursor = { at: task.start, end: task.end }
  let out = task.outputStart
  while (from.at < task.end) {
    const token = byteAt(memory, from.at++)
    const literals = readLength(memory, from, token >> 4, task.outputEnd - out)
    if (literals > task.end - from.at || literals > task.outputEnd - out) return -1
    memory.copyWithin(out, from.at, from.at + literals)
    from.at += literals
    out += literals
    if (from.at === task.end) return out - task.outputStart

    if (task.end - from.at < 2) return -1
    const distance = byteAt(memory, from.at) | (byteAt(memory, from.at + 1) << 8)
    from.at += 2
    const bytes = readLength(memory, from, token & 15, task.outputEnd - out) + matchBytesMin
    if (distance === 0 || distance > out - historyStart || bytes > task.outputEnd - out) return -1
    copyMatch(memory, out, distance, bytes)
    out += bytes
  }
  return -1
}

interface Cursor {
  at: number
  readonly end: number
}

/** A length that begins in the token; infinite when its bytes end too early or it passes `limit`. */
function readLength(memory: Uint8Array, from: Cursor, inToken: number, limit: number): number {
  let length = inToken
  if (inToken < 15) return length
  for (let byte = 255; byte === 255; length += byte) {
    if (from.at >= from.end || length > limit) return Infinity
    byte = byteAt(memory, from.at++)
  }
  return length
}
