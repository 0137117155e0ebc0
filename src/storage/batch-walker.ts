import { type FilePosition, filePosition } from '../base/brands.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type BatchWindow, plainBatchWindow } from '../record/batch-window.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'

/** What stands at one position of a `.log` file. */
export type Walked =
  | { readonly kind: 'batch'; readonly batch: LogBatch; readonly position: FilePosition; readonly isCrcValid: boolean }
  /** Nothing more: `position` is where the file (or the given end) stops. */
  | { readonly kind: 'end'; readonly position: FilePosition }
  /** The bytes that are left are too few for the batch that begins here. */
  | { readonly kind: 'incomplete'; readonly position: FilePosition }
  /** No batch can begin with these bytes. */
  | { readonly kind: 'malformed'; readonly position: FilePosition; readonly reason: string }

export interface WalkOptions {
  /** Where to begin, in bytes; must be the start of a batch. Default 0. */
  readonly position?: number
  /** Where to stop, in bytes. Default: the size of the file now. */
  readonly end?: number
  readonly window?: BatchWindow
  /** False: the CRC is not looked at and `isCrcValid` is always true. Default true. */
  readonly verify?: boolean
}

const windowBytesDefault = 256 * 1024

/**
 * Walks the batches of a `.log` file front to back through one window of memory. A returned batch is a view of that window:
 * it holds until the next call of `next`.
 */
export class BatchWalker {
  readonly #file: OpenFile
  readonly #window: BatchWindow
  readonly #verify: boolean
  readonly #end: number
  /** File position of the window's first byte, and how many of its bytes are filled. */
  #base: number
  #filled = 0
  #position: number

  constructor(file: OpenFile, options: WalkOptions = {}) {
    this.#file = file
    this.#window = options.window ?? plainBatchWindow(windowBytesDefault)
    this.#verify = options.verify ?? true
    this.#position = options.position ?? 0
    this.#base = this.#position
    this.#end = options.end ?? file.size()
  }

  /** File position of what `next` will look at, in bytes. */
  get position(): FilePosition {
    return filePosition(this.#position)
  }

  /** Goes on at `position` (bytes): after damage, at the next batch that was found. */
  seek(position: number): void {
    this.#position = position
  }

  next(): Walked {
    const position = filePosition(this.#position)
    if (this.#position >= this.#end) return { kind: 'end', position }
    const inWindow = this.#scan()
    if (inWindow.kind !== 'incomplete') return this.#take(inWindow, this.#window.bytes)
    this.#refill()
    const refilled = this.#scan()
    if (refilled.kind !== 'incomplete') return this.#take(refilled, this.#window.bytes)
    const size = refilled.sizeInBytes
    if (size === undefined || this.#position + size > this.#end) return { kind: 'incomplete', position }
    return this.#takeLarge(size)
  }

  #scan(): ReturnType<typeof scanBatch> {
    const start = this.#position - this.#base
    if (start < 0 || start >= this.#filled) return { kind: 'incomplete' }
    return scanBatch(this.#window.bytes, start, this.#filled)
  }

  #refill(): void {
    this.#base = this.#position
    const wanted = Math.min(this.#window.bytes.length, this.#end - this.#position)
    this.#filled = this.#file.read(this.#window.bytes.subarray(0, wanted), this.#position)
  }

  #take(scanned: ReturnType<typeof scanBatch>, memory: Uint8Array): Walked {
    const position = filePosition(this.#position)
    if (scanned.kind === 'malformed') return { kind: 'malformed', position, reason: scanned.reason }
    if (scanned.kind === 'incomplete') return { kind: 'incomplete', position }
    const { batch } = scanned
    this.#position += batch.sizeInBytes
    const isCrcValid = !this.#verify || this.#isCrcValid(batch, memory)
    return { kind: 'batch', batch, position, isCrcValid }
  }

  #isCrcValid(batch: LogBatch, memory: Uint8Array): boolean {
    if (!(batch instanceof RecordBatch) || memory !== this.#window.bytes) return batch.isCrcValid()
    const start = batch.bytes.byteOffset - memory.byteOffset
    return this.#window.crc32c(start + RecordBatch.crcStart, start + batch.sizeInBytes) === batch.crc
  }

  /** A batch bigger than the window gets memory of its own; its size was checked against the file before. */
  #takeLarge(size: number): Walked {
    const memory = new Uint8Array(size)
    const read = this.#file.read(memory, this.#position)
    return this.#take(scanBatch(memory, 0, read), memory)
  }
}
