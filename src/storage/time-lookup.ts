import { type Offset, offset, type TimestampMs } from '../base/brands.ts'
import type { PartitionReader } from './partition-reader.ts'
import { lastTimeEntry, type TimeIndex } from './time-index.ts'

/**
 * Where to begin to read for the first record at or after `timestamp`: no record before the returned offset is that late. Uses the last time index
 * entry of each closed segment and one look-up; a missing or empty index only makes the read longer.
 */
export function startForTime(reader: PartitionReader, timestamp: TimestampMs): Offset {
  for (const base of reader.view.bases) {
    const index = reader.openTimeIndex(base)
    if (index === undefined) return base
    try {
      const isLast = base === reader.view.bases.at(-1)
      if (isLast || !isOlder(index, base, timestamp)) return startInSegment(index, base, timestamp)
    } finally {
      index.file.close()
    }
  }
  return reader.view.visibleEnd
}

/** Whether all records of a closed segment are older; false when its time index does not say. */
function isOlder(index: TimeIndex, baseOffset: Offset, timestamp: TimestampMs): boolean {
  const known = lastTimeEntry(index.file, baseOffset)
  if (known !== undefined) return known.timestamp < timestamp
  return index.entryCount > 0 && index.last.timestamp < timestamp
}

function startInSegment(index: TimeIndex, baseOffset: Offset, timestamp: TimestampMs): Offset {
  const entry = index.lookup(timestamp - 1)
  return entry.timestamp < 0 ? baseOffset : offset(entry.offset + 1n)
}
