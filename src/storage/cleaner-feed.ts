import { CorruptSegmentError, MalformedMessageError } from '../base/errors.ts'
import type { OpenFile } from '../disk/file-system.ts'
import { type LogBatch, scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import type { CleanerKernel } from './kernel/cleaner-kernel.ts'

/** So much of a log is read at once, in bytes. */
const windowBytes = 1024 * 1024

/** A whole, checked batch in the memory of the kernel. It holds until the next one is asked for. */
export interface FedBatch {
  readonly batch: LogBatch
  /** Where its first byte is in the memory. */
  readonly start: number
  /** Behind the window: from here on the memory is free. */
  readonly freeStart: number
}

/** Hears of bytes that were worked on. What it returns is waited for. */
export type OnBytes = (bytes: number) => Promise<void> | undefined

/** Reads the batches of a closed segment through the front of a kernel's memory. Compaction copies nothing that it cannot read. */
export class CleanerFeed {
  readonly #kernel: CleanerKernel
  readonly #file: OpenFile
  readonly #end: number
  #windowBytes = windowBytes
  /** Position in the file of the first byte of the window. */
  #base: number
  #filled = 0
  #at = 0

  /** From `position` (bytes), where a batch begins. */
  constructor(kernel: CleanerKernel, file: OpenFile, position = 0) {
    this.#kernel = kernel
    this.#file = file
    this.#base = position
    this.#end = file.size()
    kernel.reserve(windowBytes)
  }

  /**
   * Shows each batch to `visit` until it returns false; `onBytes` hears of its size then, and may make the walk wait. False when it was ended.
   * Throws `CorruptSegmentError` where there is no whole batch with a right CRC, or none whose records can be read.
   */
  async forEach(visit: (fed: FedBatch) => boolean | void, onBytes: OnBytes): Promise<boolean> {
    while (this.#base + this.#at < this.#end) {
      const fed = this.#next()
      // What is visited may move the memory that the batch is a view of.
      const { sizeInBytes } = fed.batch
      if (this.#visit(fed, visit) === false) return false
      const pause = onBytes(sizeInBytes)
      if (pause !== undefined) await pause
    }
    return true
  }

  #next(): FedBatch {
    const scanned = this.#scan()
    if (scanned.kind !== 'batch') {
      throw this.#damage(this.#at, scanned.kind === 'malformed' ? scanned.reason : 'a batch is cut off')
    }
    const { batch } = scanned
    const start = this.#at
    if (!this.#isCrcValid(batch, start)) throw this.#damage(start, 'the CRC of a batch is wrong')
    this.#at += batch.sizeInBytes
    return { batch, start, freeStart: this.#windowBytes }
  }

  #visit(fed: FedBatch, visit: (fed: FedBatch) => boolean | void): boolean | void {
    try {
      return visit(fed)
    } catch (error) {
      if (error instanceof MalformedMessageError) throw this.#damage(fed.start, error.message, error)
      throw error
    }
  }

  #scan(): ReturnType<typeof scanBatch> {
    const inWindow = scanBatch(this.#kernel.memory, this.#at, this.#filled)
    if (inWindow.kind !== 'incomplete') return inWindow
    this.#refill()
    const refilled = scanBatch(this.#kernel.memory, this.#at, this.#filled)
    const size = refilled.kind === 'incomplete' ? refilled.sizeInBytes : undefined
    if (size === undefined || size <= this.#windowBytes || this.#base + size > this.#end) return refilled
    this.#windowBytes = size
    this.#kernel.reserve(size)
    this.#refill()
    return scanBatch(this.#kernel.memory, this.#at, this.#filled)
  }

  #refill(): void {
    this.#base += this.#at
    this.#at = 0
    const wanted = Math.min(this.#windowBytes, this.#end - this.#base)
    this.#filled = this.#file.read(this.#kernel.memory.subarray(0, wanted), this.#base)
  }

  #isCrcValid(batch: LogBatch, start: number): boolean {
    if (!(batch instanceof RecordBatch)) return batch.isCrcValid()
    return this.#kernel.crc32c(start + RecordBatch.crcStart, start + batch.sizeInBytes) === batch.crc
  }

  #damage(start: number, reason: string, cause?: unknown): CorruptSegmentError {
    return new CorruptSegmentError(this.#file.path, this.#base + start, reason, { cause })
  }
}
