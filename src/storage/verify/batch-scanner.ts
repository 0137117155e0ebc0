import { type FilePosition, filePosition } from '../../base/brands.ts'
import type { OpenFile } from '../../disk/file-system.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import { type LogBatch, scanBatch } from '../../record/log-batch.ts'
import { batchAttribute, batchFieldAt, batchLengthOverhead, RecordBatch } from '../../record/record-batch.ts'

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
  | { readonly kind: 'end'; readonly position: FilePosition }
  /** The bytes that are left are too few for the batch that begins here. */
  | { readonly kind: 'incomplete'; readonly position: FilePosition }
  | { readonly kind: 'malformed'; readonly position: FilePosition; readonly reason: string }

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
  readonly #file: OpenFile
  readonly #window: BatchWindow
  readonly #end: number
  /** File position of the window's first byte, and how many of its bytes are filled. */
  #base = 0
  #filled = 0
  #position = 0

  constructor(file: OpenFile, { window, end }: ScannerOptions) {
    this.#file = file
    this.#window = window
    this.#end = end
  }

  /** File position of what `next` will look at, in bytes. */
  get position(): FilePosition {
    return filePosition(this.#position)
  }

  /** Goes on at `position` (bytes). */
  seek(position: number): void {
    this.#position = position
  }

  next(): ScannedPlace {
    const position = filePosition(this.#position)
    if (this.#position >= this.#end) return { kind: 'end', position }
    const inWindow = this.#scan()
    if (inWindow.kind !== 'incomplete') return this.#take(inWindow)
    if (this.#isSplit(inWindow.sizeInBytes)) return this.#takeSplit(inWindow.sizeInBytes)
    this.#refill()
    const refilled = this.#scan()
    if (refilled.kind !== 'incomplete') return this.#take(refilled)
    const size = refilled.sizeInBytes
    if (size === undefined || this.#position + size > this.#end) return { kind: 'incomplete', position }
    return this.#window.bytes[RecordBatch.magicStart] === 2 ? this.#takeSplit(size) : this.#takeLegacy(size)
  }

  /** Whether the window ends in a batch that need not be read again from its start: only its CRC is asked for, and its head is there. */
  #isSplit(size: number | undefined): size is number {
    const start = this.#position - this.#base
    if (size === undefined || this.#position + size > this.#end || this.#filled - start < headBytes) return false
    const { bytes } = this.#window
    const isControl = ((bytes[start + batchFieldAt.attributes + 1] ?? 0) & batchAttribute.control) !== 0
    return bytes[start + RecordBatch.magicStart] === 2 && !isControl
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

  #take(scanned: Exclude<ReturnType<typeof scanBatch>, { kind: 'incomplete' }>): ScannedPlace {
    const position = filePosition(this.#position)
    if (scanned.kind === 'malformed') return { kind: 'malformed', position, reason: scanned.reason }
    const { batch } = scanned
    const { sizeInBytes } = batch
    this.#position += sizeInBytes
    return { kind: 'batch', batch, position, sizeInBytes, isWhole: true, isCrcValid: this.#isCrcValid(batch) }
  }

  #isCrcValid(batch: LogBatch): boolean {
    if (!(batch instanceof RecordBatch)) return batch.isCrcValid()
    const start = batch.bytes.byteOffset - this.#window.bytes.byteOffset
    return this.#window.crc32c(start + RecordBatch.crcStart, start + batch.sizeInBytes) === batch.crc
  }

  /** The window holds the beginning of a batch, and at least its head. */
  #takeSplit(sizeInBytes: number): ScannedPlace {
    const position = filePosition(this.#position)
    const start = this.#position - this.#base
    const batch = headOf(this.#window.bytes.subarray(start, start + headBytes))
    const isCrcValid = this.#crcFrom(start, sizeInBytes) === batch.crc
    this.#position += sizeInBytes
    return { kind: 'batch', batch, position, sizeInBytes, isWhole: false, isCrcValid }
  }

  #takeLegacy(sizeInBytes: number): ScannedPlace {
    const position = filePosition(this.#position)
    if (sizeInBytes > legacyBytesMax) {
      return { kind: 'malformed', position, reason: `a message of ${sizeInBytes} bytes of an old magic` }
    }
    const memory = new Uint8Array(sizeInBytes)
    const scanned = scanBatch(memory, 0, this.#file.read(memory, this.#position))
    return scanned.kind === 'incomplete' ? { kind: 'incomplete', position } : this.#take(scanned)
  }

  /** The CRC of the batch at `start` of the window, which reaches behind its end: what follows is read piece by piece into the same window. */
  #crcFrom(start: number, sizeInBytes: number): number {
    const end = this.#position + sizeInBytes
    let crc = this.#window.crc32c(start + RecordBatch.crcStart, this.#filled)
    for (let at = this.#base + this.#filled; at < end; at = this.#base + this.#filled) {
      this.#base = at
      this.#filled = this.#file.read(
        this.#window.bytes.subarray(0, Math.min(this.#window.bytes.length, this.#end - at)),
        at,
      )
      if (this.#filled === 0) break
      crc = this.#window.crc32c(0, Math.min(this.#filled, end - at), crc)
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
