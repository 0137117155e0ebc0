import type { LegacyMessage } from '../record/message-set.ts'
import { decompress, decompressedBytesMaxDefault } from '../record/compression/compression.ts'
import type { LogBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { RecordBatchBuilder } from '../record/record-batch-builder.ts'
import type { FedBatch } from './cleaner-feed.ts'
import type { CleanerKernel, RecordsInMemory } from './kernel/cleaner-kernel.ts'

/** A kernel reads and writes so far behind a range. */
const slackBytes = 64

/** The records of a batch, uncompressed, in the memory of the kernel; behind `freeStart` it is free. */
export interface LaidOutRecords extends RecordsInMemory {
  readonly freeStart: number
}

/** Brings the records of a v2 batch uncompressed into the memory of `kernel`, which may move: views of it are void. Throws `MalformedMessageError` when they cannot be decompressed. */
export function layOutRecords(kernel: CleanerKernel, fed: FedBatch, batch: RecordBatch): LaidOutRecords {
  const { baseOffset, recordCount } = batch
  if (batch.codec === 'none') {
    const end = fed.start + batch.sizeInBytes
    return {
      start: fed.start + RecordBatch.overhead,
      end,
      recordCount,
      baseOffset,
      freeStart: fed.freeStart + slackBytes,
    }
  }
  const compressed = batch.bytes.subarray(RecordBatch.overhead)
  const isEmpty = recordCount === 0 && compressed.length === 0
  const bytes = isEmpty ? compressed : decompress(batch.codec, compressed, decompressedBytesMaxDefault)
  return { ...place(kernel, bytes, fed.freeStart + slackBytes), recordCount, baseOffset }
}

/**
 * What a batch is to compaction: itself, or what a message set of magic 0 or 1 is in magic 2: one batch for each message, since compaction
 * left gaps in many.
 */
export function modernBatches(batch: LogBatch): readonly RecordBatch[] {
  return batch instanceof RecordBatch ? [batch] : modernized(batch)
}

function modernized(set: LegacyMessage): RecordBatch[] {
  const builder = new RecordBatchBuilder({ codec: 'none', sizeMax: 2 ** 31 - 1 })
  return Array.from(set.innerMessages(decompressedBytesMaxDefault), (message) => {
    const { key, value } = message.body()
    const part = (span: { start: number; end: number }): Uint8Array | null =>
      span.start < 0 ? null : message.bytes.subarray(span.start, span.end)
    builder.reset()
    builder.append({ key: part(key), value: part(value), timestamp: message.maxTimestamp })
    return new RecordBatch(builder.build(message.lastOffset))
  })
}

/** Copies a batch that was made elsewhere into the memory from `at` on, as if it had been read there. */
export function feedMade(kernel: CleanerKernel, batch: RecordBatch, at: number): FedBatch {
  const { start, end } = place(kernel, batch.bytes, at + slackBytes)
  return { batch: batchAt(kernel, start), start, freeStart: end }
}

/** A view of the batch at `start`: to be made anew after each `reserve`, which may move the memory. */
export function batchAt(kernel: CleanerKernel, start: number): RecordBatch {
  return new RecordBatch(kernel.memory, start)
}

function place(
  kernel: CleanerKernel,
  bytes: Uint8Array,
  start: number,
): { start: number; end: number; freeStart: number } {
  const end = start + bytes.length
  kernel.reserve(end + slackBytes)
  kernel.memory.set(bytes, start)
  return { start, end, freeStart: end + slackBytes }
}
