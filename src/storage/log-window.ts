import { type FilePosition, filePosition } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import type { BatchWalk, WalkedBatches } from '../record/kernel/batch-walk.ts'
import { type LogBatch, type ScannedBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'

/** What stands at a place of a `.log` file where no whole batch does. */
export type NoBatch =
  /** Nothing more: `position` is where the file (or the given end) stops. */
  | { readonly kind: 'end'; readonly position: FilePosition }
  /** The bytes that are left are too few for the batch that begins here. */
  | { readonly kind: 'incomplete'; readonly position: FilePosition }
  /** No batch can begin with these bytes. */
  | { readonly kind: 'malformed'; readonly position: FilePosition; readonly reason: string }

/** The stretch of a `.log` file that is in memory, and the place in it that a walk has come to. */
export class LogWindow {
  readonly memory: BatchWindow
  /** Where the walk stops, in bytes. */
  readonly end: number
  readonly #file: OpenFile
  /** File position of the first byte in memory, and how many are there. */
  #base = 0
  #filled = 0
  #position = 0

  constructor(file: OpenFile, memory: BatchWindow, { position, end }: { position: number; end: number }) {
    this.#file = file
    this.memory = memory
    this.end = end
    this.#position = position
  }

  /** File position of what is looked at next, in bytes. */
  get position(): FilePosition {
    return filePosition(this.#position)
  }

  /** Goes on at `position` (bytes). */
  seek(position: number): void {
    this.#position = position
  }

  get isAtEnd(): boolean {
    return this.#position >= this.end
  }

  /** Where in memory the place is, and where what is there ends. */
  get start(): number {
    return this.#position - this.#base
  }

  get filled(): number {
    return this.#filled
  }

  /** What begins at the place, as far as it is in memory. */
  scan(): ScannedBatch {
    const { start } = this
    if (start < 0 || start >= this.#filled) return { kind: 'incomplete' }
    return scanBatch(this.memory.bytes, start, this.#filled)
  }

  /** Reads on from `position` of the file, or from the place; the number of bytes that are there. */
  fill(position = this.#position): number {
    const { bytes } = this.memory
    this.#base = position
    this.#filled = this.#file.read(bytes.subarray(0, Math.min(bytes.length, this.end - position)), position)
    return this.#filled
  }

  /** Reads `sizeInBytes` from the place on into memory of their own. */
  readWhole(sizeInBytes: number): ScannedBatch {
    const memory = new Uint8Array(sizeInBytes)
    return scanBatch(memory, 0, this.#file.read(memory, this.#position))
  }

  /** Whether a batch that ends within the end of the walk has a right CRC; quicker for one that lies in the window's memory. */
  isCrcValid(batch: LogBatch): boolean {
    const { bytes } = this.memory
    if (!(batch instanceof RecordBatch) || batch.bytes.buffer !== bytes.buffer) return batch.isCrcValid()
    const start = batch.bytes.byteOffset - bytes.byteOffset
    return this.memory.crc32c(start + RecordBatch.crcStart, start + batch.sizeInBytes) === batch.crc
  }

  /**
   * Moves over ordinary batches that are in memory, as `Kernel.walkBatches` understands it, and tells of them; `undefined` when there is none at the place,
   * or when this memory has no such walk.
   */
  walkOrdinary(from: Pick<BatchWalk, 'nextOffset' | 'endOffset' | 'leaderEpoch'>): WalkedBatches | undefined {
    const { start, memory } = this
    if (memory.walkBatches === undefined || start < 0 || start >= this.#filled) return undefined
    const walk = { ...from, position: start, end: this.#filled }
    const walked = memory.walkBatches(walk)
    if (walked.count === 0) return undefined
    this.#position += walk.position - start
    return walked
  }

  /** The batch at `position` of the file, one of those that the last `walkOrdinary` took. */
  batchAt(position: number): RecordBatch {
    return new RecordBatch(this.memory.bytes, position - this.#base)
  }
}
