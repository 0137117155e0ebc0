import type { Offset, TimestampMs } from '../base/brands.ts'
import type { SegmentTimestamp } from './segment-timestamp.ts'

/** One segment as retention sees it. What costs a look at its files is asked for only where it decides. */
export interface RetainedSegment {
  readonly baseOffset: Offset
  /** Where the next segment begins; for the newest one, where the log ends. */
  readonly endOffset: Offset
  /** Of the `.log`. */
  bytes(): number
  timestamp(): SegmentTimestamp
  /** When its `.log` was last written. */
  writtenMs(): TimestampMs
}

/** A partition log as retention sees it. */
export interface RetainedLog {
  /** Oldest first; the last one is active. */
  readonly segments: readonly RetainedSegment[]
  readonly logStartOffset: Offset
  readonly highWatermark: Offset
  /** Largest timestamp of the first batch of the active segment, or when its file was last written if that has none. */
  activeSince(): TimestampMs
}

/** What a topic's configuration asks for; `Infinity` where there is no limit. */
export interface RetentionLimits {
  /** `cleanup.policy` has `delete`; else only what lies below the log start offset goes. */
  readonly deletes: boolean
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentMs: number
}

/** Which of Kafka's three rules a segment breaks; or that the whole directory is over its budget. */
export type DeletionReason = 'log-start-offset' | 'retention.bytes' | 'retention.ms' | 'budget'

/** Why a segment stays. */
export type KeepReason =
  /** Its latest record is young enough. */
  | 'retention.ms'
  /** Its latest record is later than now: kept until that time has come and retention.ms gone by. */
  | 'future-timestamp'
  /** It has damage, so that nobody knows how old it is. */
  | 'damaged'
  /** Its age would do, but segments go from the oldest on, and an older one stays. */
  | 'older-one-stays'
  /** No limit by time, and none by size that it exceeds. */
  | 'no-limit'
  /** `cleanup.policy=compact`: records go by key. */
  | 'compacted'
  /** Not all of it is below the high watermark. */
  | 'high-watermark'
  | 'empty'

export interface SegmentToDelete {
  readonly segment: RetainedSegment
  /** Of its `.log`; when it is gone nobody can say any more. */
  readonly bytes: number
  readonly reason: DeletionReason
}

/** A segment that holds the log back: by its file it should have gone, or others behind it should. */
export interface HeldSegment {
  readonly segment: RetainedSegment
  readonly reason: 'future-timestamp' | 'damaged'
  readonly timestamp: SegmentTimestamp
}

/** What retention does to one partition. */
export interface RetentionPlan {
  /** Oldest first, always from the first segment on. */
  readonly deletions: readonly SegmentToDelete[]
  /** The active segment is sealed first: because it goes as well, or because it is older than segment.ms. */
  readonly roll: 'deletion' | 'segment.ms' | undefined
  readonly held: HeldSegment | undefined
  /** Where the log begins then. */
  readonly logStartOffset: Offset
}

/**
 * Which segments go, by Kafka's rules in Kafka's order (UnifiedLog.deleteOldSegments): those below the log start offset, the oldest ones while
 * the log without them still has retention.bytes, then those whose latest record is older than retention.ms. Nothing above the high
 * watermark goes, and never an empty active segment. Beyond Kafka, an active segment older than segment.ms is sealed though nobody appends.
 */
export function planRetention(log: RetainedLog, limits: RetentionLimits, now: TimestampMs): RetentionPlan {
  const deletions: SegmentToDelete[] = []
  const take = (reason: DeletionReason, isDue: (segment: RetainedSegment) => boolean): void => {
    for (const segment of log.segments.slice(deletions.length)) {
      if (!mayGo(log, segment) || !isDue(segment)) return
      deletions.push({ segment, reason, bytes: segment.bytes() })
    }
  }
  take('log-start-offset', (segment) => segment.endOffset <= log.logStartOffset && segment !== log.segments.at(-1))
  if (limits.deletes) {
    take('retention.bytes', exceeding(log.segments.slice(deletions.length), limits.retentionBytes))
    if (limits.retentionMs !== Infinity) {
      take('retention.ms', (segment) => isExpired(segment.timestamp(), limits.retentionMs, now))
    }
  }
  const first = log.segments[deletions.length]
  return {
    deletions,
    roll: rollReason(log, first, { limits, now }),
    held: limits.deletes ? heldSegment(log.segments.slice(deletions.length), limits.retentionMs, now) : undefined,
    logStartOffset: startAfter(log, deletions),
  }
}

/** The same plan with `count` more segments, closed ones, taken for the sake of a budget. */
export function withBudget(log: RetainedLog, plan: RetentionPlan, count: number): RetentionPlan {
  if (count === 0) return plan
  const more = log.segments.slice(plan.deletions.length, plan.deletions.length + count)
  const deletions = [
    ...plan.deletions,
    ...more.map((segment) => ({ segment, reason: 'budget' as const, bytes: segment.bytes() })),
  ]
  return { ...plan, deletions, held: undefined, logStartOffset: startAfter(log, deletions) }
}

/** The closed segments that a plan leaves and a budget may take. */
export function budgetCandidates(log: RetainedLog, plan: RetentionPlan): readonly RetainedSegment[] {
  const closed = log.segments.slice(plan.deletions.length, -1)
  const end = closed.findIndex((segment) => !mayGo(log, segment))
  return end < 0 ? closed : closed.slice(0, end)
}

/** The same plan without the deletion at `index` and those behind it. */
export function cutAt(log: RetainedLog, plan: RetentionPlan, index: number): RetentionPlan {
  const deletions = plan.deletions.slice(0, index)
  const roll = plan.roll === 'deletion' ? undefined : plan.roll
  return { ...plan, deletions, roll, logStartOffset: startAfter(log, deletions) }
}

/** Why a segment that is not deleted stays, to be told to people. */
export function keepReason(
  log: RetainedLog,
  plan: RetentionPlan,
  {
    segment,
    limits,
    now,
  }: { readonly segment: RetainedSegment; readonly limits: RetentionLimits; readonly now: TimestampMs },
): KeepReason {
  if (isEmptyActive(log, segment)) return 'empty'
  if (!limits.deletes) return 'compacted'
  if (limits.retentionMs === Infinity) return 'no-limit'
  const timestamp = segment.timestamp()
  if (timestamp.source === 'damaged') return 'damaged'
  if (timestamp.timestamp > now) return 'future-timestamp'
  if (!isExpired(timestamp, limits.retentionMs, now)) return 'retention.ms'
  return mayGo(log, segment) && log.segments[plan.deletions.length] !== segment ? 'older-one-stays' : 'high-watermark'
}

function mayGo(log: RetainedLog, segment: RetainedSegment): boolean {
  return segment.endOffset <= log.highWatermark && !isEmptyActive(log, segment)
}

function isEmptyActive(log: RetainedLog, segment: RetainedSegment): boolean {
  return segment === log.segments.at(-1) && segment.bytes() === 0
}

/** Takes segments as long as what is left is no smaller than the limit: as in Kafka a log may stay up to one segment above it. */
function exceeding(
  segments: readonly RetainedSegment[],
  retentionBytes: number,
): (segment: RetainedSegment) => boolean {
  if (retentionBytes === Infinity) return () => false
  let excess = segments.reduce((sum, segment) => sum + segment.bytes(), 0) - retentionBytes
  return (segment) => {
    excess -= segment.bytes()
    return excess >= 0
  }
}

export function isExpired(timestamp: SegmentTimestamp, retentionMs: number, now: TimestampMs): boolean {
  return timestamp.source !== 'damaged' && now - timestamp.timestamp > retentionMs
}

function heldSegment(kept: readonly RetainedSegment[], retentionMs: number, now: TimestampMs): HeldSegment | undefined {
  const [segment, ...behind] = kept
  if (segment === undefined || retentionMs === Infinity || segment.bytes() === 0) return undefined
  const timestamp = segment.timestamp()
  const isFuture = timestamp.source !== 'damaged' && timestamp.timestamp > now
  if (!isFuture && timestamp.source !== 'damaged') return undefined
  const isLate = now - segment.writtenMs() > retentionMs
  // A clock that is a little ahead of ours holds nothing back.
  if (!isLate && !behind.some((one) => isExpired(one.timestamp(), retentionMs, now))) return undefined
  return { segment, reason: isFuture ? 'future-timestamp' : 'damaged', timestamp }
}

function rollReason(
  log: RetainedLog,
  firstKept: RetainedSegment | undefined,
  { limits, now }: { readonly limits: RetentionLimits; readonly now: TimestampMs },
): RetentionPlan['roll'] {
  const active = log.segments.at(-1)
  if (active === undefined) return undefined
  if (firstKept === undefined) return 'deletion'
  if (limits.segmentMs === Infinity || active.bytes() === 0) return undefined
  return now - log.activeSince() > limits.segmentMs ? 'segment.ms' : undefined
}

function startAfter(log: RetainedLog, deletions: readonly SegmentToDelete[]): Offset {
  const end = deletions.at(-1)?.segment.endOffset
  return end !== undefined && end > log.logStartOffset ? end : log.logStartOffset
}
