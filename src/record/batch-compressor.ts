import { codecId, codecMask, type CompressionCodec } from './codec.ts'
import { BlockWorkspace } from './compression/block-workspace.ts'
import { compressedBytesMax, compressInto, compressWorkBytes } from './compression/compress-into.ts'
import { decompressedBytesMaxDefault } from './compression/compression.ts'
import { createKernel, type KernelFactory } from './kernel/kernel.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from './record-batch.ts'

export interface BatchCompressorOptions {
  readonly codec: CompressionCodec
  /** Within `compressionLevels(codec)`; Kafka's default when absent. */
  readonly level: number | undefined
  readonly createKernel?: KernelFactory
}

/** Compresses one batch after the other in memory of its own, which it keeps: a batch costs no allocation. */
export class BatchCompressor {
  readonly #codec: CompressionCodec
  readonly #level: number | undefined
  readonly #workspace: BlockWorkspace

  constructor(options: BatchCompressorOptions) {
    this.#codec = options.codec
    this.#level = options.level
    this.#workspace = new BlockWorkspace(options.createKernel ?? createKernel)
  }

  /**
   * The same batch with its records compressed: all that the header says stays, but for the codec, the length and the CRC.
   * `batch` is a whole batch of magic 2 without compression; its CRC need not be right. One with more than readers open stays uncompressed.
   * The result is a view that is valid until the next call.
   */
  compress(batch: Uint8Array): Uint8Array<ArrayBuffer> {
    const start = compressWorkBytes
    const recordsStart = start + RecordBatch.overhead
    const bytes = batch.subarray(RecordBatch.overhead)
    const codec = bytes.length > decompressedBytesMaxDefault ? 'none' : this.#codec
    const memoryBytes = recordsStart + compressedBytesMax(codec, bytes.length)
    const kernel = this.#workspace.kernelFor(batch.length, memoryBytes)
    const task = { codec, level: this.#level, bytes, start: recordsStart }
    const end = compressInto(kernel, task)
    kernel.memory.set(batch.subarray(0, RecordBatch.overhead), start)
    const view = new DataView(kernel.memory.buffer, kernel.memory.byteOffset + start, RecordBatch.overhead)
    view.setInt32(batchFieldAt.batchLength, end - start - batchLengthOverhead)
    view.setInt16(batchFieldAt.attributes, (view.getInt16(batchFieldAt.attributes) & ~codecMask) | codecId(codec))
    view.setUint32(batchFieldAt.crc, kernel.crc32c(start + RecordBatch.crcStart, end, 0))
    return kernel.memory.subarray(start, end)
  }
}
