import { NO_TIMESTAMP, type Offset, type TimestampMs } from '../base/brands.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { BatchPeeker } from './batch-peek.ts'
import { segmentFileName } from './file-names.ts'
import { openIfThere } from './open-if-there.ts'
import { Segment } from './segment.ts'
import { lastTimeEntry, type TimestampOffset } from './time-index.ts'

/** How old a segment is, and who says so. */
export type SegmentTimestamp =
  /** The largest timestamp of its records. */
  | { readonly source: 'records'; readonly timestamp: TimestampMs }
  /** None of its records has a timestamp: when its `.log` was last written, as Kafka takes it. */
  | { readonly source: 'file'; readonly timestamp: TimestampMs }
  /** A batch at `position` cannot be read, so nobody knows. */
  | { readonly source: 'damaged'; readonly position: number }

/** Where the files of a segment are. */
export interface SegmentPlace {
  /** The partition's directory. */
  readonly directory: string
  readonly baseOffset: Offset
}

/** A segment and where it ends. */
export interface SegmentSpan extends SegmentPlace {
  /** Where the next segment begins; for the newest one, where the log ends. */
  readonly endOffset: Offset
  /** It is the newest one, and may be growing. */
  readonly isActive: boolean
}

/**
 * The largest timestamp in a segment. The last time index entry is believed where it covers every record, as in a sealed segment whose times
 * grow; padding, a cut or missing index and an unsealed segment are told by that, and the batch headers behind the entry are read. With
 * `confirm` the entry itself is looked up in the log: an index has no checksum. Throws `DiskError` with `ENOENT` when the segment is gone.
 */
export function segmentTimestamp(fileSystem: FileSystem, span: SegmentSpan, confirm: boolean): SegmentTimestamp {
  const entry = lastEntry(fileSystem, span)
  if (!confirm && entry !== undefined && coversAll(entry, span))
    return { source: 'records', timestamp: entry.timestamp }
  const segment = Segment.open(fileSystem, span.directory, span.baseOffset)
  try {
    return fromLog(segment, span, entry)
  } finally {
    segment.close()
  }
}

/** The largest timestamp of the first batch of a segment; `NO_TIMESTAMP` when there is none. */
export function firstTimestamp(fileSystem: FileSystem, { directory, baseOffset }: SegmentPlace): TimestampMs {
  const log = fileSystem.open(`${directory}/${segmentFileName(baseOffset, 'log')}`, 'read')
  try {
    return new BatchPeeker(log).at(0)?.maxTimestamp ?? NO_TIMESTAMP
  } finally {
    log.close()
  }
}

function lastEntry(fileSystem: FileSystem, { directory, baseOffset }: SegmentPlace): TimestampOffset | undefined {
  const path = `${directory}/${segmentFileName(baseOffset, 'timeindex')}`
  const file = openIfThere(() => fileSystem.open(path, 'read'))
  if (file === undefined) return undefined
  try {
    return lastTimeEntry(file, baseOffset)
  } finally {
    file.close()
  }
}

/** No record up to the entry's offset is later than it says. */
function coversAll(entry: TimestampOffset, { endOffset }: SegmentSpan): boolean {
  return entry.offset + 1n === endOffset
}

function fromLog(segment: Segment, span: SegmentSpan, entry: TimestampOffset | undefined): SegmentTimestamp {
  const peeker = new BatchPeeker(segment.log)
  const from = (entry && confirmed(segment, peeker, entry)) ?? { position: 0, nextOffset: 0n, timestamp: NO_TIMESTAMP }
  const walked = walkHeaders(segment, span, { peeker, ...from })
  if (walked.damagedAt !== undefined) return { source: 'damaged', position: walked.damagedAt }
  if (walked.timestamp >= 0) return { source: 'records', timestamp: walked.timestamp }
  return { source: 'file', timestamp: segment.log.modifiedMs() }
}

/** A place in a log behind a batch, and the largest timestamp before it. */
interface KnownUpTo {
  readonly position: number
  readonly nextOffset: bigint
  readonly timestamp: TimestampMs
}

/** What is known of the records up to an entry of the time index, when the log has the very batch that it speaks of. */
function confirmed(segment: Segment, peeker: BatchPeeker, entry: TimestampOffset): KnownUpTo | undefined {
  const at = segment.positionOf(entry.offset)
  const batch = peeker.at(at)
  if (batch?.lastOffset !== entry.offset || batch.maxTimestamp !== entry.timestamp) return undefined
  return { position: at + batch.sizeInBytes, nextOffset: batch.lastOffset + 1n, timestamp: entry.timestamp }
}

/**
 * The largest timestamp of all batch headers. A sealed segment is read to the end of its file, since the offsets of batches are under no CRC;
 * behind the end of a growing one lies what a writer is just about to append.
 */
function walkHeaders(
  { log }: Segment,
  { isActive, endOffset }: SegmentSpan,
  { peeker, ...from }: KnownUpTo & { readonly peeker: BatchPeeker },
): { readonly timestamp: TimestampMs; readonly damagedAt?: number } {
  let { position, nextOffset, timestamp } = from
  const size = log.size()
  while (position < size && !(isActive && nextOffset >= endOffset)) {
    const batch = peeker.at(position)
    if (batch === undefined || position + batch.sizeInBytes > size) return { timestamp, damagedAt: position }
    timestamp = Math.max(timestamp, batch.maxTimestamp)
    position += batch.sizeInBytes
    nextOffset = batch.lastOffset + 1n
  }
  return { timestamp }
}
