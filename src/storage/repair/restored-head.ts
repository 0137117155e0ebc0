import type { Offset } from '../../base/brands.ts'
import type { OpenFile } from '../../disk/file-system.ts'
import { batchFieldAt, batchLengthOverhead, RecordBatch } from '../../record/record-batch.ts'
import type { BadStretch } from '../verify/bad-stretches.ts'

/** A larger stretch is not read as one batch. */
const bytesMax = 32 * 1024 * 1024
/** What of a head lies outside of the CRC, up to the CRC itself. */
const headBytes = batchFieldAt.crc

/**
 * The first bytes of the batch that a damaged stretch is, if nothing is wrong but what no checksum covers: then the length of the stretch, its
 * place among the others and the CRC prove what stood there. `undefined` when that is not so.
 */
export function restoredHead(log: OpenFile, stretch: BadStretch): Uint8Array | undefined {
  const size = Math.min(stretch.end, log.size()) - stretch.position
  if (stretch.kind === 'hole' || size < RecordBatch.overhead || size > bytesMax) return undefined
  const bytes = new Uint8Array(size)
  if (log.read(bytes, stretch.position) < size) return undefined
  const before = bytes.slice(0, headBytes)
  const view = new DataView(bytes.buffer)
  view.setInt32(batchFieldAt.batchLength, size - batchLengthOverhead)
  view.setInt8(batchFieldAt.magic, 2)
  const batch = new RecordBatch(bytes)
  if (!batch.isCrcValid()) return undefined
  const baseOffset = baseOffsetFor(batch, stretch)
  if (baseOffset === undefined) return undefined
  batch.assign(baseOffset, batch.partitionLeaderEpoch)
  const after = bytes.slice(0, headBytes)
  return after.every((byte, at) => byte === before[at]) ? undefined : after
}

/** Where the batch belongs: it fills what the others leave, or fits into it as it says. */
function baseOffsetFor(batch: RecordBatch, { firstOffset, nextOffset }: BadStretch): Offset | undefined {
  const offsets = BigInt(batch.lastOffsetDelta) + 1n
  if (offsets < 1n || batch.recordCount > batch.lastOffsetDelta + 1) return undefined
  if (firstOffset + offsets === nextOffset) return firstOffset
  const isOpenEnded = nextOffset <= firstOffset
  if (isOpenEnded) return batch.baseOffset === firstOffset ? firstOffset : undefined
  return batch.baseOffset >= firstOffset && batch.nextOffset <= nextOffset ? batch.baseOffset : undefined
}
