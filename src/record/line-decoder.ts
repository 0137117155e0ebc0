import { assert } from '../base/assert.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { BatchWindow } from './batch-window.ts'
import { decompressedBytesMaxDefault, decompress, type Decompressor } from './compression/compression.ts'
import { createKernel, type Kernel, type KernelFactory, type KernelKind, type LineDecoding } from './kernel/kernel.ts'
import { kernelSlackBytes } from './kernel/slack.ts'
import { RecordBatch } from './record-batch.ts'

export interface LineDecoderOptions {
  /** The byte that ends a line: 0 to 255. */
  readonly delimiter: number
  /** Whether a null value is written as `NULL`, not as an empty line. */
  readonly hasNullMarker?: boolean
  /** Size of `window`: 256 KiB when absent; see `growWindow`. */
  readonly windowBytes?: number
  /** The most that a piece has: 512 KiB, what is well written at once, when absent; 8 or more. */
  readonly pieceBytes?: number
  /** `plain` for a few records: it starts at once. The best there is when absent. */
  readonly kind?: KernelKind | undefined
  readonly decompress?: Decompressor
  /** What one batch may decompress to. */
  readonly decompressedBytesMax?: number
  readonly createKernel?: KernelFactory
}

/** Which records of a batch are wanted: all when absent. */
export interface WantedRecords {
  /** Records before this delta are passed over. */
  readonly firstOffsetDelta?: number
  /** At most so many become lines. */
  readonly recordsMax?: number
}

const windowBytesDefault = 256 * 1024
const pieceBytesDefault = 512 * 1024

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** A kernel whose memory holds records, from 0, and behind them the lines that wait to be written. */
interface Workplace {
  readonly kernel: Kernel
  readonly recordsBytes: number
  readonly outputStart: number
  readonly outputEnd: number
}

/**
 * Turns the values of record batches into lines, without an object per record. Files are read straight into its window, and
 * standard output is written from its pieces, which end where a record ends (but for values larger than a piece):
 *
 * ```ts
 * decoder.open(batch, wanted)                      // a batch that lies in decoder.window
 * for (let piece = decoder.next(); piece !== undefined; piece = decoder.next()) write(piece)
 * ... more batches ...
 * write(decoder.flush())
 * ```
 *
 * Lines of small batches gather, so `flush` is due whenever the reader of the output should see them.
 */
export class LineDecoder {
  readonly #options: LineDecoderOptions
  readonly #pieceBytes: number
  readonly #createKernel: KernelFactory
  #window: Workplace
  /** For records that were compressed; made when the first such batch comes. */
  #spill: Workplace | undefined
  #current: Workplace
  #task: Mutable<LineDecoding>
  #recordCount = 0
  /** Lines of another workplace that come before those of this one. */
  #earlier: Uint8Array | undefined
  /** The rest of a value that is larger than a piece. */
  #large: Uint8Array | undefined

  constructor(options: LineDecoderOptions) {
    this.#options = options
    this.#pieceBytes = options.pieceBytes ?? pieceBytesDefault
    this.#createKernel = options.createKernel ?? createKernel
    this.#window = this.#newWorkplace(options.windowBytes ?? windowBytesDefault)
    this.#current = this.#window
    this.#task = this.#taskAt(this.#window, 0, {})
    this.#task.end = 0
  }

  /** Where batches are read to; valid until `growWindow`. What lies there must stay until `next` has given all of it. */
  get window(): BatchWindow {
    const { kernel, recordsBytes } = this.#window
    return {
      bytes: kernel.memory.subarray(0, recordsBytes),
      crc32c: (start, end) => kernel.crc32c(start, end, 0),
    }
  }

  /** Makes the window at least this large, for a batch that did not fit; its bytes are lost. Only when no batch is open. */
  growWindow(bytes: number): void {
    if (bytes <= this.#window.recordsBytes) return
    this.#window = this.#newWorkplace(Math.max(bytes, 2 * this.#window.recordsBytes))
  }

  /**
   * Begins a batch, uncompressed or not, that lies in `window` or elsewhere. Throws `MalformedMessageError` when it cannot be
   * decompressed.
   */
  open(batch: RecordBatch, wanted: WantedRecords = {}): void {
    const { kernel } = this.#window
    const isInWindow = batch.bytes.buffer === kernel.memory.buffer
    this.#recordCount = batch.recordCount
    if (batch.codec === 'none' && isInWindow) {
      const start = batch.bytes.byteOffset - kernel.memory.byteOffset
      this.#begin(this.#window, wanted, { start: start + RecordBatch.overhead, end: start + batch.sizeInBytes })
      return
    }
    const records = this.#plainRecords(batch)
    const spill = this.#spillFor(records.length)
    spill.kernel.memory.set(records)
    this.#begin(spill, wanted, { start: 0, end: records.length })
  }

  /**
   * The next piece of output, valid until the next call; `undefined` when the open batch is done and what is left of its lines
   * waits for more. Throws `MalformedMessageError` when the records do not follow the format; `flush` then gives those before.
   */
  next(): Uint8Array | undefined {
    const earlier = this.#earlier
    this.#earlier = undefined
    if (earlier !== undefined) return earlier
    if (this.#large !== undefined) return this.#takeLarge(this.#large)
    const stop = this.#current.kernel.decodeLines(this.#task)
    switch (stop) {
      case 'done':
        this.#checkCount()
        return undefined
      case 'full':
        return this.#takeLines()
      case 'large':
        return this.#takeLarge(this.#current.kernel.memory.subarray(this.#task.largeStart, this.#task.largeEnd))
      case 'malformed':
        throw new MalformedMessageError(`record ${this.#task.recordsSeen} of the batch is damaged`, this.#task.position)
    }
  }

  /** The lines that wait, maybe none; valid until the next call. */
  flush(): Uint8Array {
    const earlier = this.#earlier
    this.#earlier = undefined
    return earlier ?? this.#takeLines()
  }

  /** Records of the open batch that became lines. */
  get recordsWritten(): number {
    return this.#task.recordsWritten
  }

  #takeLines(): Uint8Array {
    const { outputStart, outputPosition } = this.#task
    this.#task.outputPosition = outputStart
    return this.#current.kernel.memory.subarray(outputStart, outputPosition)
  }

  /** A piece of a large value; the delimiter after its last piece begins the next lines. */
  #takeLarge(value: Uint8Array): Uint8Array {
    const piece = value.subarray(0, this.#pieceBytes)
    this.#large = piece.length < value.length ? value.subarray(piece.length) : undefined
    if (this.#large === undefined) {
      this.#current.kernel.memory[this.#task.outputPosition] = this.#options.delimiter
      this.#task.outputPosition++
    }
    return piece
  }

  /** A batch that was walked to its end has as many records as it says. */
  #checkCount(): void {
    const { position, end, recordsSeen } = this.#task
    if (position < end || recordsSeen === this.#recordCount) return
    throw new MalformedMessageError(`batch says ${this.#recordCount} records and has ${recordsSeen}`, position)
  }

  #begin(
    place: Workplace,
    wanted: WantedRecords,
    { start, end }: { readonly start: number; readonly end: number },
  ): void {
    assert(this.#large === undefined, 'a batch is opened after the one before is done')
    if (place !== this.#current) this.#setAside()
    const outputPosition = place === this.#current ? this.#task.outputPosition : place.outputStart
    this.#current = place
    this.#task = this.#taskAt(place, start, wanted)
    this.#task.outputPosition = outputPosition
    this.#task.end = end
  }

  /** Keeps the lines of this workplace to be given before those of another. */
  #setAside(): void {
    const lines = this.#takeLines()
    if (lines.length === 0) return
    assert(this.#earlier === undefined, 'a batch is opened after the one before is done')
    this.#earlier = lines
  }

  #plainRecords(batch: RecordBatch): Uint8Array {
    const { decompressedBytesMax = decompressedBytesMaxDefault } = this.#options
    // What compaction emptied has no stream, whatever its attributes say.
    if (batch.sizeInBytes === RecordBatch.overhead) return new Uint8Array(0)
    const run = this.#options.decompress ?? decompress
    return run(batch.codec, batch.bytes.subarray(RecordBatch.overhead), decompressedBytesMax)
  }

  #spillFor(bytes: number): Workplace {
    if (this.#spill !== undefined && this.#spill.recordsBytes >= bytes) return this.#spill
    const before = this.#spill
    const spill = this.#newWorkplace(Math.max(bytes, this.#window.recordsBytes, 2 * (before?.recordsBytes ?? 0)))
    this.#spill = spill
    return spill
  }

  #newWorkplace(recordsBytes: number): Workplace {
    const outputStart = recordsBytes + kernelSlackBytes
    const outputEnd = outputStart + this.#pieceBytes
    const { kind } = this.#options
    const kernel = this.#createKernel({ memoryBytes: outputEnd + kernelSlackBytes, kind })
    return { kernel, recordsBytes, outputStart, outputEnd }
  }

  #taskAt(place: Workplace, position: number, wanted: WantedRecords): Mutable<LineDecoding> {
    return {
      position,
      end: position,
      outputStart: place.outputStart,
      outputPosition: place.outputStart,
      outputEnd: place.outputEnd,
      delimiter: this.#options.delimiter,
      firstOffsetDelta: wanted.firstOffsetDelta ?? 0,
      recordsMax: wanted.recordsMax ?? Number.MAX_SAFE_INTEGER,
      hasNullMarker: this.#options.hasNullMarker ?? false,
      recordsSeen: 0,
      recordsWritten: 0,
      largeStart: 0,
      largeEnd: 0,
    }
  }
}
