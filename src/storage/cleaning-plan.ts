import type { Offset, TimestampMs } from '../base/brands.ts'
import { floorSegment } from './segment-list.ts'

/** A segment as the decision about compaction sees it. */
export interface CleanableSegment {
  readonly baseOffset: Offset
  /** Where the next one begins. */
  readonly endOffset: Offset
  readonly bytes: number
  /** The largest timestamp of its records; `undefined` when it cannot be read. */
  largestTimestamp(): TimestampMs | undefined
  /** The largest timestamp of its first batch; -1 when there is none. */
  firstTimestamp(): TimestampMs
}

/** A log as the decision about compaction sees it. */
export interface CleanableLog {
  /** All of them, oldest first; the last one is active. */
  readonly segments: readonly CleanableSegment[]
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly lastStableOffset: Offset
  /** What `cleaner-offset-checkpoint` says of the partition. */
  readonly checkpoint: Offset | undefined
}

export interface CleaningLimits {
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
}

/** Why the part of the log from `firstUncleanableOffset` on is left alone. */
export type UncleanableReason = 'active segment' | 'last stable offset' | 'min.compaction.lag.ms' | 'damage'

/** Whether a log is compacted now, and how far. */
export interface CleaningPlan {
  /** All below was compacted before. */
  readonly firstDirtyOffset: Offset
  /** Nothing from here on is touched. */
  readonly firstUncleanableOffset: Offset
  readonly uncleanableReason: UncleanableReason
  readonly cleanBytes: number
  /** Bytes between the two offsets, by whole segments. */
  readonly dirtyBytes: number
  /** Share of dirty bytes in what can be compacted; 0 when there are none. */
  readonly dirtyRatio: number
  /** The oldest dirty record is older than max.compaction.lag.ms. */
  readonly isOverdue: boolean
  readonly isDue: boolean
}

/** Kafka: LogCleanerManager.cleanableOffsets, maxCompactionDelay, calculateCleanableBytes, grabFilthiestCompactedLog. */
export function planCleaning(log: CleanableLog, limits: CleaningLimits, now: TimestampMs): CleaningPlan {
  const firstDirtyOffset = firstDirty(log)
  const { minCompactionLagMs, maxCompactionLagMs } = limits
  // As in Kafka, without a lag no timestamp holds anything back: not even one of the future.
  const youngestMs = minCompactionLagMs > 0 ? now - minCompactionLagMs : Infinity
  const { firstUncleanableOffset, uncleanableReason } = firstUncleanable(log, firstDirtyOffset, youngestMs)
  const clean = log.segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset)
  const dirty = segmentsFrom(log, firstDirtyOffset).filter(({ baseOffset }) => baseOffset < firstUncleanableOffset)
  const cleanBytes = bytesOf(clean)
  const dirtyBytes = bytesOf(dirty)
  const dirtyRatio = dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes)
  const isOverdue = isOlderThan(dirty, now - maxCompactionLagMs)
  const isDue = dirtyBytes > 0 && (isOverdue || dirtyRatio > limits.minCleanableDirtyRatio)
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    uncleanableReason,
    cleanBytes,
    dirtyBytes,
    dirtyRatio,
    isOverdue,
    isDue,
  }
}

/** A checkpoint outside of the log says nothing: it was trimmed, or cut and written anew. */
function firstDirty({ checkpoint, logStartOffset, logEndOffset }: CleanableLog): Offset {
  const isInside = checkpoint !== undefined && checkpoint >= logStartOffset && checkpoint <= logEndOffset
  return isInside ? checkpoint : logStartOffset
}

type Uncleanable = Pick<CleaningPlan, 'firstUncleanableOffset' | 'uncleanableReason'>

/** Where whole segments that may be compacted end. */
function firstUncleanable(log: CleanableLog, firstDirtyOffset: Offset, youngestMs: TimestampMs): Uncleanable {
  const active = log.segments.at(-1)?.baseOffset ?? log.logEndOffset
  const found: Uncleanable[] = [{ firstUncleanableOffset: active, uncleanableReason: 'active segment' }]
  if (log.lastStableOffset < active) {
    const base = segmentsFrom(log, log.lastStableOffset)[0]?.baseOffset ?? active
    found.push({ firstUncleanableOffset: base, uncleanableReason: 'last stable offset' })
  }
  const dirty = segmentsFrom(log, firstDirtyOffset).filter(({ baseOffset }) => baseOffset < active)
  const young = youngestMs === Infinity ? undefined : firstHeldBack(dirty, youngestMs)
  return [...found, ...(young === undefined ? [] : [young])].reduce((min, one) =>
    one.firstUncleanableOffset < min.firstUncleanableOffset ? one : min,
  )
}

function firstHeldBack(segments: readonly CleanableSegment[], youngestMs: TimestampMs): Uncleanable | undefined {
  for (const segment of segments) {
    const held = heldBack(segment, youngestMs)
    if (held !== undefined) return held
  }
  return undefined
}

/** Says that a segment may not be compacted for its age, if so. */
function heldBack(segment: CleanableSegment, youngestMs: TimestampMs): Uncleanable | undefined {
  const largest = segment.largestTimestamp()
  if (largest !== undefined && largest <= youngestMs) return undefined
  const uncleanableReason = largest === undefined ? 'damage' : 'min.compaction.lag.ms'
  return { firstUncleanableOffset: segment.baseOffset, uncleanableReason }
}

/** The segment with `from`, and those after it. */
function segmentsFrom({ segments }: CleanableLog, from: Offset): readonly CleanableSegment[] {
  const bases = segments.map(({ baseOffset }) => baseOffset)
  return segments.slice(Math.max(0, floorSegment(bases, from)))
}

function bytesOf(segments: readonly CleanableSegment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}

function isOlderThan(segments: readonly CleanableSegment[], timestamp: TimestampMs): boolean {
  // Without max.compaction.lag.ms nothing is, and no file need be looked at.
  return (
    timestamp > -Infinity && segments.map((one) => one.firstTimestamp()).some((first) => first > 0 && first < timestamp)
  )
}

/** What of a closed segment decides with which others it becomes one. */
export interface GroupedSegment {
  readonly baseOffset: Offset
  readonly endOffset: Offset
  readonly bytes: number
  readonly indexBytes: number
  readonly timeIndexBytes: number
}

export interface GroupLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
}

const relativeOffsetMax = 2n ** 31n - 1n

/** Consecutive segments that become one each: never larger than a segment may be, even if nothing is left out. Kafka: Cleaner.groupSegmentsBySize. */
export function groupSegments<Segment extends GroupedSegment>(
  segments: readonly Segment[],
  limits: GroupLimits,
): Segment[][] {
  const groups: Segment[][] = []
  let total = emptyTotal
  for (const segment of segments) {
    const next = add(total, segment)
    const first = groups.at(-1)?.[0]
    if (first !== undefined && fits(next, limits) && isInReach(first, segment)) {
      groups.at(-1)?.push(segment)
      total = next
    } else {
      groups.push([segment])
      total = add(emptyTotal, segment)
    }
  }
  return groups
}

type Total = Pick<GroupedSegment, 'bytes' | 'indexBytes' | 'timeIndexBytes'>

const emptyTotal: Total = { bytes: 0, indexBytes: 0, timeIndexBytes: 0 }

function add(total: Total, segment: GroupedSegment): Total {
  return {
    bytes: total.bytes + segment.bytes,
    indexBytes: total.indexBytes + segment.indexBytes,
    timeIndexBytes: total.timeIndexBytes + segment.timeIndexBytes,
  }
}

function fits(total: Total, { segmentBytes, segmentIndexBytes }: GroupLimits): boolean {
  return (
    total.bytes <= segmentBytes && total.indexBytes <= segmentIndexBytes && total.timeIndexBytes <= segmentIndexBytes
  )
}

/** Whether an index that begins at `first` can name the last offset of `segment`; in an empty one there is none. */
function isInReach(first: GroupedSegment, segment: GroupedSegment): boolean {
  return segment.bytes === 0 || segment.endOffset - 1n - first.baseOffset <= relativeOffsetMax
}
