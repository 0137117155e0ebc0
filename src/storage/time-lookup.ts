import { type Offset, offset, type TimestampMs } from '../base/brands.ts'
import type { PartitionReader } from './partition-reader.ts'
import type { Segment } from './segment.ts'

/**
 * Where to begin to read for the first record at or after `timestamp`: no record before the returned offset is that late. Uses the last time index
 * entry of each closed segment and one look-up; a missing or empty index only makes the read longer.
 */
export function startForTime(reader: PartitionReader, timestamp: TimestampMs): Offset {
  for (const base of reader.view.bases) {
    const segment = reader.openSegment(base)
    if (segment === undefined) continue
    try {
      const isLast = base === reader.view.bases.at(-1)
      if (!isLast && isOlder(segment, timestamp)) continue
      return startInSegment(segment, timestamp)
    } finally {
      segment.close()
    }
  }
  return reader.view.visibleEnd
}

/** Whether all records of a closed segment are older; false when its time index does not say. */
function isOlder(segment: Segment, timestamp: TimestampMs): boolean {
  const index = segment.timeIndex()
  return index !== undefined && index.entryCount > 0 && index.last.timestamp < timestamp
}

function startInSegment(segment: Segment, timestamp: TimestampMs): Offset {
  const entry = segment.timeIndex()?.lookup(timestamp - 1)
  if (entry === undefined || entry.timestamp < 0) return segment.baseOffset
  return offset(entry.offset + 1n)
}
