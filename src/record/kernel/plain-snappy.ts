import type { BlockTask } from './kernel.ts'
import { byteAt, copyMatch, endOfMatch, hashAt, wordAt } from './plain-blocks.ts'

/**
 * Raw Snappy blocks: the expanded size as a varint, then elements whose tag says in its lowest two bits: 0 literals, 1 copy
 * with an 11 bit distance, 2 with 16 bits, 3 with 32. https://github.com/google/snappy/blob/main/format_description.txt
 */
const hash = { multiplier: 0x1e35_a7bd, bits: 14 }
const matchBytesMin = 4
/** No match begins in the last 15 bytes, as in Google's encoder. */
const matchStartMargin = 15
/** After every 32 misses the search takes longer steps. */
const missesPerStepBits = 5

interface Match {
  readonly start: number
  readonly end: number
  readonly distance: number
}

/** `Kernel.snappyCompress`; `table` is all zero. */
export function snappyCompress(memory: Uint8Array, task: BlockTask, table: Uint16Array): number {
  if (task.outputEnd - task.outputStart < 5) return -1
  let out = writeSize(memory, task.outputStart, task.end - task.start)
  let anchor = task.start
  for (;;) {
    const match = nextMatch(memory, task, anchor, table)
    if (match === undefined) break
    // 3 bytes of literal tag, and 3 for each started 64 of the match.
    const worstBytes = match.start - anchor + 3 + 3 * (((match.end - match.start) >> 6) + 2)
    if (worstBytes > task.outputEnd - out) return -1
    out = writeLiterals(memory, out, anchor, match.start)
    out = writeCopies(memory, out, match)
    anchor = match.end
    table[hashAt(memory, anchor - 1, hash)] = anchor - 1 - task.start
  }
  if (anchor < task.end && task.end - anchor + 3 > task.outputEnd - out) return -1
  return writeLiterals(memory, out, anchor, task.end) - task.outputStart
}

/** The first match from `anchor` on, taking longer steps the longer there is none. */
function nextMatch(
  memory: Uint8Array,
  { start, end }: BlockTask,
  anchor: number,
  table: Uint16Array,
): Match | undefined {
  let misses = 1 << missesPerStepBits
  for (let at = Math.max(anchor, start + 1); at <= end - matchStartMargin; at += misses++ >> missesPerStepBits) {
    const slot = hashAt(memory, at, hash)
    const candidate = start + (table[slot] ?? 0)
    table[slot] = at - start
    if (wordAt(memory, candidate) !== wordAt(memory, at)) continue
    const matchEnd = endOfMatch(memory, at + matchBytesMin, candidate + matchBytesMin, end)
    return { start: at, end: matchEnd, distance: at - candidate }
  }
  return undefined
}

function writeSize(memory: Uint8Array, at: number, size: number): number {
  let out = at
  let rest = size
  for (; rest > 127; rest >>>= 7) memory[out++] = (rest & 127) | 128
  memory[out++] = rest
  return out
}

/** Writes 0 to 65536 literals. */
function writeLiterals(memory: Uint8Array, at: number, start: number, end: number): number {
  if (start === end) return at
  const last = end - start - 1
  let out = at
  if (last < 60) {
    memory[out++] = last << 2
  } else {
    memory[out++] = (last < 256 ? 60 : 61) << 2
    memory[out++] = last
    if (last > 255) memory[out++] = last >> 8
  }
  memory.copyWithin(out, start, end)
  return out + end - start
}

/** A copy takes at most 64 bytes; the pieces are cut so that the last is never below 4. */
function writeCopies(memory: Uint8Array, at: number, { start, end, distance }: Match): number {
  let out = at
  let bytes = end - start
  for (; bytes >= 68; bytes -= 64) out = writeLongCopy(memory, out, distance, 64)
  if (bytes > 64) {
    out = writeLongCopy(memory, out, distance, 60)
    bytes -= 60
  }
  if (bytes > 11 || distance > 2047) return writeLongCopy(memory, out, distance, bytes)
  memory[out] = ((distance >> 8) << 5) | ((bytes - 4) << 2) | 1
  memory[out + 1] = distance
  return out + 2
}

function writeLongCopy(memory: Uint8Array, at: number, distance: number, bytes: number): number {
  memory[at] = ((bytes - 1) << 2) | 2
  memory[at + 1] = distance
  memory[at + 2] = distance >> 8
  return at + 3
}

/** `Kernel.snappyDecompress`. */
export function snappyDecompress(memory: Uint8Array, task: BlockTask): number {
  const from: Cursor = { at: task.start, end: task.end }
  const size = readSize(memory, from)
  if (size > task.outputEnd - task.outputStart) return -1
  const outEnd = task.outputStart + size
  const element: Element = { bytes: 0, distance: 0 }
  let out = task.outputStart
  while (from.at < task.end) {
    if (!tryReadElement(memory, from, element) || element.bytes > outEnd - out) return -1
    const { bytes, distance } = element
    if (distance === 0) {
      if (bytes > task.end - from.at) return -1
      memory.copyWithin(out, from.at, from.at + bytes)
      from.at += bytes
    } else {
      if (distance > out - task.outputStart) return -1
      copyMatch(memory, out, distance, bytes)
    }
    out += bytes
  }
  return out === outEnd ? size : -1
}

interface Cursor {
  at: number
  readonly end: number
}

/** A distance of 0 stands for literals, which follow the tag. */
interface Element {
  bytes: number
  distance: number
}

/** The size that the block claims; infinite when it is cut or does not fit into 35 bits. */
function readSize(memory: Uint8Array, from: Cursor): number {
  let size = 0
  for (let weight = 1; weight < 2 ** 35; weight *= 128) {
    if (from.at >= from.end) return Infinity
    const byte = byteAt(memory, from.at++)
    size += (byte & 127) * weight
    if (byte < 128) return size
  }
  return Infinity
}

/** Reads a tag and the numbers behind it; false when they are cut or make no sense. */
function tryReadElement(memory: Uint8Array, from: Cursor, element: Element): boolean {
  const tag = byteAt(memory, from.at++)
  const kind = tag & 3
  if (kind === 0) return tryReadLiteralLength(memory, from, tag >> 2, element)
  const numberBytes = kind === 3 ? 4 : kind
  if (from.end - from.at < numberBytes) return false
  const number = littleEndianAt(memory, from.at, numberBytes)
  from.at += numberBytes
  element.bytes = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
  element.distance = kind === 1 ? ((tag >> 5) << 8) | number : number
  return element.distance !== 0
}

function tryReadLiteralLength(memory: Uint8Array, from: Cursor, length: number, element: Element): boolean {
  element.distance = 0
  element.bytes = length + 1
  if (length < 60) return true
  const numberBytes = length - 59
  if (from.end - from.at < numberBytes) return false
  element.bytes = littleEndianAt(memory, from.at, numberBytes) + 1
  from.at += numberBytes
  return true
}

function littleEndianAt(memory: Uint8Array, at: number, bytes: number): number {
  let value = 0
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + byteAt(memory, at + i)
  return value
}
