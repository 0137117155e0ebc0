import { crc32c } from '../../wire/crc32c.ts'
import { codecMask, codecOfId } from '../codec.ts'
import { batchAttribute, batchFieldAt, batchLengthOverhead, RecordBatch } from '../record-batch.ts'
import { type BatchWalk, type WalkedBatches, walkedBatchesMax } from './batch-walk.ts'

/** See `Kernel.walkBatches`. */
export function walkBatches(memory: Uint8Array, walk: BatchWalk): WalkedBatches {
  const walked = {
    count: 0,
    records: 0,
    sizes: new Uint32Array(walkedBatchesMax),
    offsetCounts: new Uint32Array(walkedBatchesMax),
    maxTimestamps: new Float64Array(walkedBatchesMax),
    ofProducers: new Uint8Array(walkedBatchesMax),
  }
  while (walked.count < walkedBatchesMax) {
    const batch = wholeBatchAt(memory, walk.position, walk.end)
    if (batch === undefined || !isOrdinary(batch, walk)) break
    walked.sizes[walked.count] = batch.sizeInBytes
    walked.offsetCounts[walked.count] = batch.lastOffsetDelta + 1
    walked.maxTimestamps[walked.count] = batch.maxTimestamp
    walked.ofProducers[walked.count] = Number(batch.hasProducer)
    walked.records += batch.recordCount
    walked.count++
    walk.position += batch.sizeInBytes
    walk.nextOffset = batch.nextOffset
  }
  return walked
}

function wholeBatchAt(memory: Uint8Array, start: number, end: number): RecordBatch | undefined {
  if (end - start < RecordBatch.overhead || memory[start + RecordBatch.magicStart] !== 2) return undefined
  const view = new DataView(memory.buffer, memory.byteOffset + start)
  const size = batchLengthOverhead + view.getInt32(batchFieldAt.batchLength)
  return size < RecordBatch.overhead || size > end - start ? undefined : new RecordBatch(memory, start)
}

function isOrdinary(batch: RecordBatch, { nextOffset, endOffset, leaderEpoch }: BatchWalk): boolean {
  const { lastOffsetDelta, recordCount, attributes, bytes, crc } = batch
  if (batch.baseOffset !== nextOffset || batch.partitionLeaderEpoch !== leaderEpoch) return false
  if (lastOffsetDelta < 0 || recordCount < 0 || recordCount > lastOffsetDelta + 1) return false
  if (codecOfId(attributes & codecMask) === undefined || (attributes & batchAttribute.control) !== 0) return false
  return batch.nextOffset <= endOffset && crc32c(bytes.subarray(RecordBatch.crcStart)) === crc
}
