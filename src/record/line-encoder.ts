import { assert } from '../base/assert.ts'
import type { TimestampMs } from '../base/brands.ts'
import { codecId, type CompressionCodec } from './codec.ts'
import { createKernel, type EncodeStop, type Kernel, type KernelFactory, type LineEncoding } from './kernel/kernel.ts'
import { encodedHeaders, encodedKey } from './constant-sections.ts'
import { LineEncoderLayout } from './line-encoder-layout.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from './record-batch.ts'
import type { RecordHeader } from './records.ts'

/** What happens to a line that is longer than `valueBytesMax`. */
export type TooLargeLines = 'fail' | 'skip' | 'split'

export interface LineEncoderOptions {
  /** Bytes that a batch may have, header included. A first line is taken whatever its size, up to `valueBytesMax`. */
  readonly batchBytes: number
  /** The longest line, without its delimiter. */
  readonly valueBytesMax: number
  /** The byte that ends a line: 0 to 255. */
  readonly delimiter: number
  /** The key of all records; none when absent. */
  readonly key?: Uint8Array
  /** The headers of all records. */
  readonly headers?: readonly RecordHeader[]
  /** `fail` (the default): `next` says so. `skip`: the line is left out. `split`: it becomes records of `valueBytesMax` bytes. */
  readonly tooLarge?: TooLargeLines
  /** Records that a batch may have: 1 or more. */
  readonly recordsMax?: number
  /** How many bytes `free` has at least: 64 KiB, the size of a pipe, when absent or more than that and only a few bytes have come so far. */
  readonly readBytes?: number
  /** The fast kernel is started (1 ms) when more bytes than this have come: 4 KiB when absent; `Infinity` for never. */
  readonly plainBytesMax?: number
  readonly createKernel?: KernelFactory
}

/**
 * `need-input`: every whole line is in the batch. `batch-full`: lines are left; seal, write and reset, then go on.
 * `too-large`: the next line is, see `oversizedBytes`; only when `tooLarge` is `fail`.
 */
export type LineEncoderStop = 'need-input' | 'batch-full' | 'too-large'

const readBytesDefault = 64 * 1024
const plainBytesMaxDefault = 4 * 1024
const recordCountMax = 0x7fff_ffff
/** An unfinished line up to this size is moved to the front before each read, so that reads go to memory that is in cache. */
const cheapMoveBytes = 4096

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/**
 * Turns lines into record batches of magic 2, without an object per line. Bytes are read straight into its memory, and the
 * batch is written from it:
 *
 * ```ts
 * for (let isFinal = false; !isFinal; ) {
 *   const bytes = read(encoder.free)
 *   isFinal = bytes === 0
 *   encoder.filled(bytes)
 *   while (encoder.next(clock.now(), isFinal) === 'batch-full') { append(encoder.seal()); encoder.reset() }
 * }
 * if (!encoder.isEmpty) append(encoder.seal())
 * ```
 *
 * The records of one `next` share their timestamp. A clock that goes back gives negative deltas, which the format allows; the
 * batch's maximum stays the largest.
 */
export class LineEncoder {
  readonly #options: LineEncoderOptions
  readonly #tooLarge: TooLargeLines
  readonly #recordsMax: number
  readonly #plainBytesMax: number
  readonly #readBytes: number
  readonly #createKernel: KernelFactory
  readonly #key: Uint8Array
  readonly #headers: Uint8Array
  #layout: LineEncoderLayout
  #isFast: boolean
  #kernel: Kernel
  #task: Mutable<LineEncoding>
  #baseTimestamp: TimestampMs = 0
  #maxTimestamp: TimestampMs = 0
  #isSealed = false
  #isSkipping = false
  #filledBytes = 0
  #valueBytes = 0
  #skippedLines = 0
  #firstSkipped: { recordsBefore: number; bytes: number } | undefined

  constructor(options: LineEncoderOptions) {
    this.#options = options
    this.#readBytes = options.readBytes ?? readBytesDefault
    this.#tooLarge = options.tooLarge ?? 'fail'
    this.#recordsMax = options.recordsMax ?? recordCountMax
    this.#plainBytesMax = options.plainBytesMax ?? plainBytesMaxDefault
    this.#createKernel = options.createKernel ?? createKernel
    this.#key = encodedKey(options.key ?? null)
    this.#headers = encodedHeaders(options.headers ?? [])
    this.#isFast = this.#plainBytesMax <= 0
    const readBytes = this.#isFast ? this.#readBytes : Math.min(this.#readBytes, readBytesDefault)
    this.#layout = new LineEncoderLayout({
      keyBytes: this.#key.length,
      headersBytes: this.#headers.length,
      batchBytes: options.batchBytes,
      readBytes,
      inputBytes: 2 * readBytes,
    })
    this.#kernel = this.#newKernel()
    this.#task = this.#firstTask()
    this.#placeConstants()
  }

  /** Where the next read goes, `readBytes` or more; a view that is valid until the next call of anything else. */
  get free(): Uint8Array<ArrayBuffer> {
    this.#makeRoom()
    return this.#kernel.memory.subarray(this.#task.inputEnd, this.#layout.inputEnd)
  }

  /** Says that `bytes` bytes have arrived at the start of `free`. */
  filled(bytes: number): void {
    assert(bytes <= this.#layout.inputEnd - this.#task.inputEnd, `${bytes} bytes were read into less`)
    this.#task.inputEnd += bytes
    this.#filledBytes += bytes
    if (this.#isFast || this.#filledBytes <= this.#plainBytesMax) return
    this.#isFast = true
    const readBytes = this.#readBytes
    this.#moveTo(this.#layout.with({ readBytes, inputBytes: Math.max(this.#layout.inputBytes, 2 * readBytes) }))
  }

  /** Takes as many lines into the batch as there are and fit. `isFinal`: the rest is a line though it has no delimiter. */
  next(now: TimestampMs, isFinal = false): LineEncoderStop {
    assert(!this.#isSealed, 'a sealed batch takes no lines')
    if (this.#isSkipping && !this.#skipLine(isFinal)) return 'need-input'
    for (;;) {
      const stop = this.#encode(now, isFinal)
      if (stop === 'need-input' && this.pendingBytes <= this.#options.valueBytesMax) return stop
      const answer = stop === 'full' ? this.#handleFull(now, isFinal) : this.#handleTooLarge(now, isFinal)
      if (answer !== undefined) return answer
    }
  }

  /** Records in the batch. */
  get recordCount(): number {
    return this.#task.offsetDelta
  }

  get isEmpty(): boolean {
    return this.#task.offsetDelta === 0
  }

  /** Bytes of the values in the batch: of its lines, delimiters not counted. */
  get valueBytes(): number {
    return this.#valueBytes
  }

  /** Bytes that have arrived and are in no batch: after `need-input`, of a line that has not ended. */
  get pendingBytes(): number {
    return this.#task.inputEnd - this.#task.inputPosition
  }

  /** After `too-large`: bytes of that line, or of as much of it as has arrived (`isWhole` is false then). */
  get oversized(): { readonly bytes: number; readonly isWhole: boolean } {
    const { tooLargeBytes, inputSearched, inputPosition } = this.#task
    const isWhole = inputSearched === inputPosition
    return { bytes: isWhole ? tooLargeBytes : this.pendingBytes, isWhole }
  }

  /** Lines that were left out for being too large. */
  get skippedLines(): number {
    return this.#skippedLines
  }

  /** The first of them: its bytes so far, the delimiter not counted, and how many records were in the batch before it. */
  get firstSkipped(): { readonly recordsBefore: number; readonly bytes: number } | undefined {
    return this.#firstSkipped
  }

  /** Bytes of the batch so far, header included. */
  get sizeInBytes(): number {
    return this.#task.outputPosition - this.#layout.batchStart
  }

  /** The records without the header, to be compressed elsewhere; valid until the next call of anything else. */
  get records(): Uint8Array<ArrayBuffer> {
    return this.#kernel.memory.subarray(this.#layout.recordsStart, this.#task.outputPosition)
  }

  /**
   * Finishes the batch: base offset 0, no leader epoch, no producer. A view that is valid until `reset`. Its CRC is 0, and costs
   * nothing, without `withCrc`: for a batch that is to be compressed.
   */
  seal({ withCrc = true }: { readonly withCrc?: boolean } = {}): Uint8Array<ArrayBuffer> {
    return this.#seal('none', withCrc)
  }

  /** Finishes the batch with `compressed`, which is what `codec` makes of `records`, in their place. */
  sealCompressed(codec: CompressionCodec, compressed: Uint8Array): Uint8Array<ArrayBuffer> {
    const batchBytes = RecordBatch.overhead + compressed.length
    if (batchBytes > this.#layout.batchBytes) this.#moveTo(this.#layout.with({ batchBytes }))
    this.#kernel.memory.set(compressed, this.#layout.recordsStart)
    this.#task.outputPosition = this.#layout.recordsStart + compressed.length
    return this.#seal(codec, true)
  }

  /** Begins an empty batch; input that has arrived stays. */
  reset(): void {
    this.#isSealed = false
    this.#valueBytes = 0
    this.#task.offsetDelta = 0
    this.#task.outputPosition = this.#layout.recordsStart
    this.#task.outputEnd = this.#outputEnd()
  }

  #encode(now: TimestampMs, isFinal: boolean): EncodeStop {
    const task = this.#task
    const { offsetDelta: countBefore, inputPosition: positionBefore } = task
    if (countBefore === 0) this.#baseTimestamp = now
    task.timestampDelta = now - this.#baseTimestamp
    task.isFinal = isFinal
    const stop = this.#kernel.encodeLines(task)
    const taken = task.offsetDelta - countBefore
    if (taken > 0) {
      this.#maxTimestamp = countBefore === 0 ? now : Math.max(this.#maxTimestamp, now)
      this.#valueBytes += task.inputPosition - positionBefore - taken + (this.#endsOpen() ? 1 : 0)
    }
    return stop
  }

  /** Whether the line that was taken last had no delimiter: the end of the input, or of a piece, ended it. */
  #endsOpen(): boolean {
    const { isFinal, inputPosition, inputEnd, delimiter } = this.#task
    return isFinal && inputPosition === inputEnd && this.#kernel.memory[inputEnd - 1] !== delimiter
  }

  /** What `next` answers, or nothing when it may go on: a first line is taken though it alone is more than a batch. */
  #handleFull(now: TimestampMs, isFinal: boolean): LineEncoderStop | undefined {
    if (!this.isEmpty) return 'batch-full'
    this.#reserveRecord(Math.min(this.pendingBytes, this.#options.valueBytesMax))
    this.#encodeAlone(now, isFinal)
    return undefined
  }

  /** Makes the memory large enough for a batch of one record. */
  #reserveRecord(valueBytes: number): void {
    const needed = RecordBatch.overhead + this.#layout.recordBytesMax(valueBytes)
    const { batchBytes } = this.#layout
    if (needed > batchBytes) this.#moveTo(this.#layout.with({ batchBytes: Math.max(needed, 2 * batchBytes) }))
  }

  /** Takes one line into the empty batch, up to what the memory has room for. */
  #encodeAlone(now: TimestampMs, isFinal: boolean): void {
    this.#task.outputEnd = this.#layout.batchEnd
    this.#task.recordsMax = 1
    this.#encode(now, isFinal)
    this.#task.recordsMax = this.#recordsMax
    this.#task.outputEnd = this.#outputEnd()
    assert(!this.isEmpty, 'a batch takes any line that is not too large')
  }

  /** What `next` answers, or nothing when it may go on with the next line. */
  #handleTooLarge(now: TimestampMs, isFinal: boolean): LineEncoderStop | undefined {
    switch (this.#tooLarge) {
      case 'fail':
        return 'too-large'
      case 'skip':
        this.#isSkipping = true
        return this.#skipLine(isFinal) ? undefined : 'need-input'
      case 'split':
        return this.#encodePiece(now) ? undefined : 'batch-full'
    }
  }

  /** Leaves out the rest of a line; false when its end has not arrived. */
  #skipLine(isFinal: boolean): boolean {
    const task = this.#task
    const found = this.#kernel.memory.subarray(0, task.inputEnd).indexOf(task.delimiter, task.inputPosition)
    const lineEnd = found < 0 ? task.inputEnd : found
    if (this.#skippedLines === 0) {
      this.#firstSkipped ??= { recordsBefore: task.offsetDelta, bytes: 0 }
      this.#firstSkipped.bytes += lineEnd - task.inputPosition
    }
    task.inputPosition = found < 0 ? lineEnd : found + 1
    task.inputSearched = task.inputPosition
    this.#isSkipping = found < 0 && !isFinal
    if (!this.#isSkipping) this.#skippedLines++
    return !this.#isSkipping
  }

  /** Takes the first `valueBytesMax` bytes of a line as a record; false when the batch has no room for it. */
  #encodePiece(now: TimestampMs): boolean {
    const task = this.#task
    if (this.isEmpty) this.#reserveRecord(this.#options.valueBytesMax)
    const { inputEnd, offsetDelta } = task
    task.inputEnd = task.inputPosition + this.#options.valueBytesMax
    task.inputSearched = task.inputEnd
    const stop = this.#encode(now, true)
    if (stop === 'full' && this.isEmpty) this.#encodeAlone(now, true)
    task.inputEnd = inputEnd
    task.inputSearched = task.inputPosition
    return task.offsetDelta > offsetDelta
  }

  #seal(codec: CompressionCodec, withCrc: boolean): Uint8Array<ArrayBuffer> {
    const { offsetDelta, outputPosition } = this.#task
    const { batchStart } = this.#layout
    const { memory } = this.#kernel
    assert(offsetDelta > 0, 'a batch has a record')
    this.#isSealed = true
    const view = new DataView(memory.buffer, memory.byteOffset + batchStart, RecordBatch.overhead)
    view.setBigInt64(batchFieldAt.baseOffset, 0n)
    view.setInt32(batchFieldAt.batchLength, outputPosition - batchStart - batchLengthOverhead)
    view.setInt32(batchFieldAt.partitionLeaderEpoch, -1)
    view.setInt8(batchFieldAt.magic, 2)
    view.setInt16(batchFieldAt.attributes, codecId(codec))
    view.setInt32(batchFieldAt.lastOffsetDelta, offsetDelta - 1)
    view.setBigInt64(batchFieldAt.baseTimestamp, BigInt(this.#baseTimestamp))
    view.setBigInt64(batchFieldAt.maxTimestamp, BigInt(this.#maxTimestamp))
    view.setBigInt64(batchFieldAt.producerId, -1n)
    view.setInt16(batchFieldAt.producerEpoch, -1)
    view.setInt32(batchFieldAt.baseSequence, -1)
    view.setInt32(batchFieldAt.recordCount, offsetDelta)
    const crc = withCrc ? this.#kernel.crc32c(batchStart + RecordBatch.crcStart, outputPosition, 0) : 0
    view.setUint32(batchFieldAt.crc, crc)
    return memory.subarray(batchStart, outputPosition)
  }

  /** Moves an unfinished line to the front, and to a larger memory when a read does not fit behind it. */
  #makeRoom(): void {
    const task = this.#task
    const { inputStart, inputEnd, readBytes } = this.#layout
    const pending = this.pendingBytes
    if (task.inputPosition > inputStart && (pending <= cheapMoveBytes || inputEnd - task.inputEnd < readBytes)) {
      this.#kernel.memory.copyWithin(inputStart, task.inputPosition, task.inputEnd)
      this.#placeInput(inputStart)
    }
    if (inputEnd - task.inputEnd >= readBytes) return
    const inputBytes = Math.max(2 * this.#layout.inputBytes, pending + readBytes)
    this.#moveTo(this.#layout.with({ inputBytes }))
  }

  /** Goes on in a new kernel with the memory that `layout` asks for. The batch keeps its place, the input moves up. */
  #moveTo(layout: LineEncoderLayout): void {
    const before = this.#kernel.memory
    const { inputPosition, inputEnd, outputPosition } = this.#task
    assert(layout.batchStart === this.#layout.batchStart, 'only the batch and the input grow')
    this.#layout = layout
    this.#kernel = this.#newKernel()
    this.#placeConstants()
    this.#kernel.memory.set(before.subarray(layout.batchStart, outputPosition), layout.batchStart)
    this.#kernel.memory.set(before.subarray(inputPosition, inputEnd), layout.inputStart)
    this.#placeInput(layout.inputStart)
  }

  /** Says that what is pending now begins at `start`. */
  #placeInput(start: number): void {
    const task = this.#task
    const moved = start - task.inputPosition
    task.inputPosition += moved
    task.inputSearched += moved
    task.inputEnd += moved
  }

  #newKernel(): Kernel {
    const { memoryBytes } = this.#layout
    return this.#createKernel(this.#isFast ? { memoryBytes } : { memoryBytes, kind: 'plain' })
  }

  #placeConstants(): void {
    this.#kernel.memory.set(this.#key, this.#layout.keyStart)
    this.#kernel.memory.set(this.#headers, this.#layout.headersStart)
  }

  /** Where a batch of ordinary size ends, or where the one line ends that is larger; the memory may have more room. */
  #outputEnd(): number {
    return Math.max(this.#layout.batchStart + this.#options.batchBytes, this.#task.outputPosition)
  }

  #firstTask(): Mutable<LineEncoding> {
    const { keyStart, headersStart, inputStart, batchStart, recordsStart } = this.#layout
    return {
      inputPosition: inputStart,
      inputSearched: inputStart,
      inputEnd: inputStart,
      isFinal: false,
      outputPosition: recordsStart,
      outputEnd: Math.max(recordsStart, batchStart + this.#options.batchBytes),
      offsetDelta: 0,
      recordsMax: this.#recordsMax,
      delimiter: this.#options.delimiter,
      timestampDelta: 0,
      valueBytesMax: this.#options.valueBytesMax,
      keyStart,
      keyEnd: keyStart + this.#key.length,
      headersStart,
      headersEnd: headersStart + this.#headers.length,
      tooLargeBytes: 0,
    }
  }
}
