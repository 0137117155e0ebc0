import type { FilePosition } from '../../base/brands.ts'
import type { OpenFile } from '../../disk/file-system.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import type { BatchWalk, WalkedBatches } from '../../record/kernel/batch-walk.ts'
import type { LogBatch, ScannedBatch } from '../../record/log-batch.ts'
import { batchAttribute, batchFieldAt, batchLengthOverhead, RecordBatch } from '../../record/record-batch.ts'
import { LogWindow, type NoBatch } from '../log-window.ts'

/** What stands at one position of a `.log` file. */
export type ScannedPlace =
  | {
      readonly kind: 'batch'
      /** Its head; the rest too when `isWhole`, as a control batch is unless it is very large. Holds until the next call. */
      readonly batch: LogBatch
      readonly position: FilePosition
      readonly sizeInBytes: number
      readonly isWhole: boolean
      readonly isCrcValid: boolean
    }
  | NoBatch

export interface ScannerOptions {
  /** Memory that batches are read into; no more than that is taken, however large a batch says it is. */
  readonly window: BatchWindow
  /** Where to stop, in bytes. */
  readonly end: number
}

/** A message of magic 0 or 1 that is larger than the window has to be held whole; none that a broker took is as large as this. */
const legacyBytesMax = 32 * 1024 * 1024

const headBytes = RecordBatch.overhead

/**
 * Walks the batches of a `.log` file front to back and checks their CRCs in bounded memory: a flipped bit in a length must not make us take
 * gigabytes. What it gives is a view of the window.
 */
export class BatchScanner {
  readonly #window: LogWindow

  constructor(file: OpenFile, { window, end }: ScannerOptions) {
    this.#window = new LogWindow(file, window, { position: 0, end })
  }

  /** File position of what `next` will look at, in bytes. */
  get position(): FilePosition {
    return this.#window.position
  }

  /** Goes on at `position` (bytes). */
  seek(position: number): void {
    this.#window.seek(position)
  }

  /** Takes many batches at once, whose CRCs are right; see `LogWindow`. */
  walkOrdinary(from: Pick<BatchWalk, 'nextOffset' | 'endOffset' | 'leaderEpoch'>): WalkedBatches | undefined {
    return this.#window.walkOrdinary(from)
  }

  /** The batch at `position`, one of those that the last `walkOrdinary` took. */
  batchAt(position: number): RecordBatch {
    return this.#window.batchAt(position)
  }

  next(): ScannedPlace {
    const { position, isAtEnd, end, memory } = this.#window
    if (isAtEnd) return { kind: 'end', position }
    const inWindow = this.#window.scan()
    if (inWindow.kind !== 'incomplete') return this.#take(inWindow)
    if (this.#isSplit(inWindow.sizeInBytes)) return this.#takeSplit(inWindow.sizeInBytes)
    this.#window.fill()
    const refilled = this.#window.scan()
    if (refilled.kind !== 'incomplete') return this.#take(refilled)
    const size = refilled.sizeInBytes
    if (size === undefined || position + size > end) return { kind: 'incomplete', position }
    return memory.bytes[RecordBatch.magicStart] === 2 ? this.#takeSplit(size) : this.#takeLegacy(size)
  }

  /** Whether the window ends in a batch that need not be read again from its start: only its CRC is asked for, and its head is there. */
  #isSplit(size: number | undefined): size is number {
    const { start, filled, position, end, memory } = this.#window
    if (size === undefined || position + size > end || filled - start < headBytes) return false
    const { bytes } = memory
    const isControl = ((bytes[start + batchFieldAt.attributes + 1] ?? 0) & batchAttribute.control) !== 0
    return bytes[start + RecordBatch.magicStart] === 2 && !isControl
  }

  #take(scanned: Exclude<ScannedBatch, { kind: 'incomplete' }>): ScannedPlace {
    const { position } = this.#window
    if (scanned.kind === 'malformed') return { kind: 'malformed', position, reason: scanned.reason }
    const { batch } = scanned
    const { sizeInBytes } = batch
    this.#window.seek(position + sizeInBytes)
    return { kind: 'batch', batch, position, sizeInBytes, isWhole: true, isCrcValid: this.#window.isCrcValid(batch) }
  }

  /** The window holds the beginning of a batch, and at least its head. */
  #takeSplit(sizeInBytes: number): ScannedPlace {
    const { position, start, memory } = this.#window
    const batch = headOf(memory.bytes.subarray(start, start + headBytes))
    const isCrcValid = this.#crcFrom(start, position + sizeInBytes) === batch.crc
    this.#window.seek(position + sizeInBytes)
    return { kind: 'batch', batch, position, sizeInBytes, isWhole: false, isCrcValid }
  }

  #takeLegacy(sizeInBytes: number): ScannedPlace {
    const { position } = this.#window
    if (sizeInBytes > legacyBytesMax) {
      return { kind: 'malformed', position, reason: `a message of ${sizeInBytes} bytes of an old magic` }
    }
    const scanned = this.#window.readWhole(sizeInBytes)
    return scanned.kind === 'incomplete' ? { kind: 'incomplete', position } : this.#take(scanned)
  }

  /**
   * The CRC of the batch at `start` of the window, which reaches to `end` in the file and behind the end of the window: what follows is read piece by
   * piece into the same window.
   */
  #crcFrom(start: number, end: number): number {
    const window = this.#window
    const { memory } = window
    let crc = memory.crc32c(start + RecordBatch.crcStart, window.filled)
    for (let at = window.position + window.filled - start; at < end;) {
      const filled = window.fill(at)
      if (filled === 0) break
      crc = memory.crc32c(0, Math.min(filled, end - at), crc)
      at += filled
    }
    return crc
  }
}

/** The head of a batch as a batch of its own without records: the view checks its bytes against the length it names. */
function headOf(bytes: Uint8Array): RecordBatch {
  const head = bytes.slice()
  new DataView(head.buffer).setInt32(batchFieldAt.batchLength, headBytes - batchLengthOverhead)
  return new RecordBatch(head)
}
