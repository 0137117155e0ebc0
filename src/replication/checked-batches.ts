import type { Offset } from '../base/brands.ts'
import { MalformedMessageError } from '../base/errors.ts'
import type { BatchWindows } from '../record/batch-windows.ts'
import { scanBatch } from '../record/log-batch.ts'
import { RecordBatch } from '../record/record-batch.ts'
import { floorSegment } from '../storage/segment-list.ts'

/** Batches that go into one segment of the follower. */
export interface BatchRun {
  /** A segment of the leader begins with them. */
  readonly segmentBaseOffset: Offset | undefined
  readonly bytes: Uint8Array
  readonly records: number
  /** The offset after the last record. */
  readonly nextOffset: Offset
  /** The batch behind the last gap begins here; `undefined` where every offset is there. */
  readonly gapEnd: Offset | undefined
}

/** Where a follower stands in its leader's segments. */
export interface SegmentPlace {
  /** Base offset of the segment that is written. */
  readonly activeBaseOffset: Offset
  readonly logEndOffset: Offset
  /** Those of the leader, oldest first. */
  readonly leaderBases: readonly Offset[]
}

/**
 * Checks what a leader gave, which nobody may believe before: whole v2 batches with right CRCs, at least one of them behind `from`. Cuts it
 * where the leader's log goes on in another segment. Bytes are views. Throws `MalformedMessageError`.
 */
export function checkedRuns(bytes: Uint8Array, from: Offset, place: SegmentPlace, windows: BatchWindows): BatchRun[] {
  const runs: BatchRun[] = []
  let start = 0
  let records = 0
  let activeBase = place.activeBaseOffset
  let border: Offset | undefined
  let nextOffset = from
  let reached = place.logEndOffset
  let gapEnd: Offset | undefined
  for (let position = 0; position < bytes.length;) {
    const batch = checkedBatch(bytes, position, from, windows)
    const next = place.leaderBases[floorSegment(place.leaderBases, batch.baseOffset)]
    if (next !== undefined && next > activeBase && next >= place.logEndOffset) {
      if (position > start)
        runs.push({ segmentBaseOffset: border, bytes: bytes.subarray(start, position), records, nextOffset, gapEnd })
      border = next
      gapEnd = undefined
      activeBase = next
      start = position
      records = 0
    }
    if (batch.baseOffset > reached) gapEnd = batch.baseOffset
    records += batch.recordCount
    nextOffset = batch.nextOffset
    reached = nextOffset
    position += batch.sizeInBytes
  }
  runs.push({ segmentBaseOffset: border, bytes: bytes.subarray(start), records, nextOffset, gapEnd })
  return runs
}

function checkedBatch(bytes: Uint8Array, position: number, from: Offset, windows: BatchWindows): RecordBatch {
  const scanned = scanBatch(bytes, position, bytes.length)
  if (scanned.kind === 'malformed') throw new MalformedMessageError(scanned.reason, position)
  if (scanned.kind === 'incomplete') throw new MalformedMessageError('a batch is cut off', position)
  const { batch } = scanned
  if (!(batch instanceof RecordBatch)) {
    throw new MalformedMessageError(`a batch of magic 0 or 1, which is only read`, position, {
      hint: 'copy its records: tslog consume -J TOPIC | tslog produce -J TOPIC -d COPY',
    })
  }
  if (batch.nextOffset <= from) {
    throw new MalformedMessageError(
      `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset}, asked for was ${from}`,
      position,
    )
  }
  if (windows.crc32c(bytes, position + RecordBatch.crcStart, position + batch.sizeInBytes) !== batch.crc) {
    throw new MalformedMessageError(`the CRC of the batch at offset ${batch.baseOffset} is wrong`, position)
  }
  return batch
}
