import { MalformedMessageError } from '../base/errors.ts'
import { zstdCompress, zstdDecompress } from '../record/compression/zstd.ts'

/** Batches as they travel: whole, or as a zstd frame. */
export interface TravellingBatches {
  /** Bytes of the batches in the frame; -1 when there is none. */
  readonly plainBytes: number
  readonly batches: Uint8Array
}

/** More than one answer ever holds: the largest batch that there may be, and what is read with it. */
const plainBytesMax = 128 * 1024 * 1024

/** As `packed`, for a link that is not slow. */
export function asTheyAre(batches: Uint8Array): TravellingBatches {
  return { plainBytes: -1, batches }
}

/** Compressed for a slow link, unless that makes nothing smaller: batches may be compressed already. */
export function packed(batches: Uint8Array): TravellingBatches {
  const frame = zstdCompress(batches)
  return frame.length < batches.length ? { plainBytes: batches.length, batches: frame } : asTheyAre(batches)
}

/** The batches. Throws `MalformedMessageError` for a frame that is none, or not as long as it says. */
export function unpacked({ plainBytes, batches }: TravellingBatches): Uint8Array {
  if (plainBytes < 0) return batches
  if (plainBytes > plainBytesMax) throw new MalformedMessageError(`batches of ${plainBytes} bytes are announced`, 0)
  const plain = zstdDecompress(batches, plainBytes)
  if (plain.length === plainBytes) return plain
  throw new MalformedMessageError(`batches of ${plain.length} bytes, ${plainBytes} were announced`, 0)
}
