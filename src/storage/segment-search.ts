import { type FilePosition, filePosition, type Offset, offset } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'

export interface SearchRange {
  /** Where to begin to look, in bytes. */
  readonly position: number
  /** Where to stop, in bytes. */
  readonly end: number
  /** A batch found must end behind this offset... */
  readonly offsetMin: Offset
  /** ...and begin before this one. */
  readonly offsetMax: Offset
}

const windowBytes = 1024 * 1024
const offsetMax = offset(2n ** 63n - 1n)
const overlap = RecordBatch.overhead

/**
 * Finds the first byte at or after `range.position` where a whole v2 batch with a right CRC and a fitting base offset begins;
 * `undefined` when there is none. This is how a reader gets past damage, and how recovery tells a torn tail from damage in
 * the middle: by what follows.
 */
export function findNextBatch(file: OpenFile, range: SearchRange): FilePosition | undefined {
  const window = new Uint8Array(windowBytes)
  for (let base = range.position; base < range.end; base += windowBytes - overlap) {
    const filled = file.read(window.subarray(0, Math.min(windowBytes, range.end - base)), base)
    const last = filled - overlap
    for (let at = 0; at <= last; at++) {
      if (window[at + RecordBatch.magicStart] !== 2) continue
      if (isBatchAt(file, base + at, window.subarray(at, filled), range)) return filePosition(base + at)
    }
    if (filled < windowBytes) return undefined
  }
  return undefined
}

/** A batch whose base offset is to be believed or not. */
export interface BatchInPlace {
  readonly batch: LogBatch
  /** Where the bytes behind it begin. */
  readonly endPosition: number
  /** No batch there can begin below this offset. */
  readonly offsetMin: Offset
}

/**
 * Where the batch behind `placed` begins when that one shows the base offset of `placed` to be wrong, which no CRC covers: the log goes on
 * below its end. A jump by itself is fair: compaction and recovery leave such.
 */
export function findContradiction(file: OpenFile, end: number, placed: BatchInPlace): FilePosition | undefined {
  const { batch, endPosition, offsetMin } = placed
  if (!(batch instanceof RecordBatch) || batch.baseOffset <= offsetMin) return undefined
  if (!mayContradict(file, end, placed)) return undefined
  const next = findNextBatch(file, { position: endPosition, end, offsetMin, offsetMax })
  if (next === undefined) return undefined
  const base = baseOffsetAt(file, next)
  return base >= offsetMin && base < batch.nextOffset ? next : undefined
}

/** Whether it takes more than a look at the head behind `placed`: what stands there most often is a batch that fits. */
function mayContradict(file: OpenFile, end: number, { batch, endPosition }: BatchInPlace): boolean {
  const head = new Uint8Array(RecordBatch.overhead)
  if (endPosition + head.length > end || file.read(head, endPosition) < head.length) return false
  const magic = head[RecordBatch.magicStart] ?? 0
  return magic > 2 || (magic === 2 && baseOffsetOf(head) < batch.nextOffset)
}

/** The base offset that a v2 batch at `position` (bytes) names. */
export function baseOffsetAt(file: OpenFile, position: number): Offset {
  const head = new Uint8Array(8)
  file.read(head, position)
  return offset(baseOffsetOf(head))
}

function baseOffsetOf(head: Uint8Array): bigint {
  return new DataView(head.buffer, head.byteOffset).getBigInt64(0)
}

function isBatchAt(file: OpenFile, position: number, bytes: Uint8Array, range: SearchRange): boolean {
  const scanned = scanBatch(bytes, 0, bytes.length)
  if (scanned.kind === 'malformed') return false
  if (scanned.kind === 'batch') return isFitting(scanned.batch, range)
  const size = scanned.sizeInBytes
  if (size === undefined || position + size > range.end) return false
  const baseOffset = baseOffsetOf(bytes)
  if (baseOffset < 0n || baseOffset >= range.offsetMax) return false
  const whole = new Uint8Array(size)
  if (file.read(whole, position) < size) return false
  return isFitting(new RecordBatch(whole), range)
}

function isFitting(batch: LogBatch, range: SearchRange): boolean {
  return batch.nextOffset > range.offsetMin && batch.baseOffset < range.offsetMax && batch.isCrcValid()
}
