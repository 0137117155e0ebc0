import { codecId, codecMask, type CompressionCodec } from './codec.ts'
import { compress } from './compression/compression.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from './record-batch.ts'

/**
 * The same batch with its records compressed by `codec`: all that the header says stays, but for the codec, the length and the
 * CRC. `batch` is a whole batch of magic 2 without compression. The result is new memory.
 */
export function compressBatch(batch: Uint8Array, codec: CompressionCodec, level?: number): Uint8Array<ArrayBuffer> {
  const records = compress(codec, batch.subarray(RecordBatch.overhead), level)
  const compressed = new Uint8Array(RecordBatch.overhead + records.length)
  compressed.set(batch.subarray(0, RecordBatch.overhead))
  compressed.set(records, RecordBatch.overhead)
  const view = new DataView(compressed.buffer)
  view.setInt32(batchFieldAt.batchLength, compressed.length - batchLengthOverhead)
  view.setInt16(batchFieldAt.attributes, (view.getInt16(batchFieldAt.attributes) & ~codecMask) | codecId(codec))
  new RecordBatch(compressed).sealCrc()
  return compressed
}
