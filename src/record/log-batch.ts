import { LegacyMessage, legacySizeMin } from './message-set.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from './record-batch.ts'

/** What a log is a sequence of. `magic` tells the two apart. */
export type LogBatch = RecordBatch | LegacyMessage

/** What stands at one place of a log. */
export type ScannedBatch =
  | { readonly kind: 'batch'; readonly batch: LogBatch }
  /** The bytes end before the batch does. `sizeInBytes` is its whole size where that much can be read. */
  | { readonly kind: 'incomplete'; readonly sizeInBytes?: number }
  /** No batch begins here. */
  | { readonly kind: 'malformed'; readonly reason: string }

/** Bytes that tell size and magic, at the same places in every magic. */
const prefixBytes = batchFieldAt.magic + 1

/**
 * Looks at the batch that begins at `start` and must end by `end` (exclusive), as Kafka's `FileLogInputStream` does: it
 * checks what is needed to go on to the next one, and no checksum. Zeros, as a power cut leaves them, are malformed.
 */
export function scanBatch(bytes: Uint8Array, start: number, end: number): ScannedBatch {
  if (end - start < prefixBytes) return { kind: 'incomplete' }
  const length = int32At(bytes, start + batchFieldAt.batchLength)
  const magic = ((bytes[start + batchFieldAt.magic] ?? 0) << 24) >> 24
  if (length < legacySizeMin[0]) return { kind: 'malformed', reason: `batch length ${length}, at least 14 are needed` }
  const lengthMin = lengthMinOf(magic)
  if (lengthMin === undefined) return { kind: 'malformed', reason: `magic ${magic}, 0 to 2 are known` }
  if (length < lengthMin) {
    return { kind: 'malformed', reason: `batch length ${length}, magic ${magic} needs at least ${lengthMin}` }
  }
  const sizeInBytes = batchLengthOverhead + length
  if (sizeInBytes > end - start) return { kind: 'incomplete', sizeInBytes }
  return { kind: 'batch', batch: magic === 2 ? new RecordBatch(bytes, start) : new LegacyMessage(bytes, start) }
}

function lengthMinOf(magic: number): number | undefined {
  switch (magic) {
    case 0:
    case 1:
      return legacySizeMin[magic]
    case 2:
      return RecordBatch.overhead - batchLengthOverhead
    default:
      return undefined
  }
}

function int32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}
