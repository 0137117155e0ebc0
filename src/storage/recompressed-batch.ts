import { MalformedMessageError } from '../base/errors.ts'
import { codecMask } from '../record/codec.ts'
import { decompress, decompressedBytesMaxDefault } from '../record/compression/compression.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { batchFieldAt, RecordBatch } from '../record/record-batch.ts'

/**
 * The batch without its compression, to be compressed anew; its length and CRC are not right. `undefined` for what stays as it is: old formats,
 * messages to the log itself, batches without records, and what does not decompress.
 */
export function uncompressed(batch: LogBatch): Uint8Array | undefined {
  if (!(batch instanceof RecordBatch) || batch.isControl || batch.recordCount === 0) return undefined
  const { codec } = batch
  if (codec === 'none') return batch.bytes
  try {
    return joined(batch, decompress(codec, batch.bytes.subarray(RecordBatch.overhead), decompressedBytesMaxDefault))
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}

/** Whether a compressed batch says what `plain` does, but for its codec: looked at before anything takes the place of the original. */
export function saysTheSame(compressed: Uint8Array, plain: Uint8Array): boolean {
  const batch = new RecordBatch(compressed)
  const again = uncompressed(batch)
  if (again === undefined || !batch.isCrcValid() || again.length !== plain.length) return false
  return isEqual(again, plain, batchFieldAt.lastOffsetDelta) && isPlaceKept(compressed, plain)
}

function joined(batch: RecordBatch, records: Uint8Array): Uint8Array {
  const plain = new Uint8Array(RecordBatch.overhead + records.length)
  plain.set(batch.bytes.subarray(0, RecordBatch.overhead))
  plain.set(records, RecordBatch.overhead)
  const view = new DataView(plain.buffer)
  view.setInt16(batchFieldAt.attributes, batch.attributes & ~codecMask)
  return plain
}

function isEqual(one: Uint8Array, other: Uint8Array, from: number): boolean {
  return Buffer.compare(one.subarray(from), other.subarray(from)) === 0
}

/** Base offset, leader epoch and all attributes but the codec. */
function isPlaceKept(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [new RecordBatch(one), other]
  const view = new DataView(b.buffer, b.byteOffset, RecordBatch.overhead)
  return (
    a.baseOffset === view.getBigInt64(batchFieldAt.baseOffset) &&
    a.partitionLeaderEpoch === view.getInt32(batchFieldAt.partitionLeaderEpoch) &&
    (a.attributes & ~codecMask) === (view.getInt16(batchFieldAt.attributes) & ~codecMask)
  )
}
