import { type FilePosition, filePosition, type Offset } from '../base/brands.ts'
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

function isBatchAt(file: OpenFile, position: number, bytes: Uint8Array, range: SearchRange): boolean {
  const scanned = scanBatch(bytes, 0, bytes.length)
  if (scanned.kind === 'malformed') return false
  if (scanned.kind === 'batch') return isFitting(scanned.batch, range)
  const size = scanned.sizeInBytes
  if (size === undefined || position + size > range.end) return false
  const baseOffset = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0)
  if (baseOffset < 0n || baseOffset >= range.offsetMax) return false
  const whole = new Uint8Array(size)
  if (file.read(whole, position) < size) return false
  return isFitting(new RecordBatch(whole), range)
}

function isFitting(batch: LogBatch, range: SearchRange): boolean {
  return batch.nextOffset > range.offsetMin && batch.baseOffset < range.offsetMax && batch.isCrcValid()
}
