import type { Offset } from '../../base/brands.ts'
import { keepReason, type DeletionReason, type KeepReason, type RetainedSegment } from '../../storage/retention-plan.ts'
import type { PlannedRetention } from '../../storage/retention.ts'
import type { SegmentTimestamp } from '../../storage/segment-timestamp.ts'
import { humanBytes, humanDuration, isoTime } from '../format/human-units.ts'

/** What happens to one segment, and why. */
export interface SegmentOutcome {
  readonly segment: RetainedSegment
  readonly action: 'delete' | 'keep' | 'roll' | 'recompress'
  readonly reason: DeletionReason | KeepReason | 'segment.ms' | 'recompress'
}

/** Which outcomes are asked for, and what else happens to segments that stay. */
export interface OutcomeQuestion {
  readonly which: 'all' | 'changed'
  readonly now: number
  /** Base offsets of those that are recompressed. */
  readonly recompressed: ReadonlySet<Offset>
}

/** What a plan does to its segments, oldest first. */
export function segmentOutcomes(planned: PlannedRetention, question: OutcomeQuestion): SegmentOutcome[] {
  const { log, plan } = planned
  const deleted: SegmentOutcome[] = plan.deletions.map(({ segment, reason }) => ({ segment, reason, action: 'delete' }))
  const isNothingElse = question.which === 'changed' && plan.roll !== 'segment.ms' && question.recompressed.size === 0
  if (isNothingElse) return deleted
  const kept = log.segments.slice(plan.deletions.length).map((segment) => outcomeOf(segment, planned, question))
  return [...deleted, ...kept.filter((one) => one !== undefined)]
}

function outcomeOf(
  segment: RetainedSegment,
  { log, plan, limits }: PlannedRetention,
  { which, now, recompressed }: OutcomeQuestion,
): SegmentOutcome | undefined {
  if (plan.roll === 'segment.ms' && segment === log.segments.at(-1))
    return { segment, action: 'roll', reason: 'segment.ms' }
  if (recompressed.has(segment.baseOffset)) return { segment, action: 'recompress', reason: 'recompress' }
  return which === 'all'
    ? { segment, action: 'keep', reason: keepReason(log, plan, { segment, limits, now }) }
    : undefined
}

/** Puts the reasons of one partition into words. What is the same for all its segments is said once: there may be thousands. */
export function reasonTexts({ log, limits }: PlannedRetention, now: number): (outcome: SegmentOutcome) => string {
  const retentionMs = `retention.ms=${humanDuration(limits.retentionMs)}`
  const held = (segment: RetainedSegment): string => heldText(segment.timestamp(), now)
  const texts: Readonly<Record<SegmentOutcome['reason'], (segment: RetainedSegment) => string>> = {
    'log-start-offset': () => `all below the log start offset ${log.logStartOffset}`,
    'retention.bytes': () => `more than retention.bytes=${humanBytes(limits.retentionBytes)}`,
    'retention.ms': (segment) => `${ageText(segment.timestamp(), now)}, ${retentionMs}`,
    budget: () => 'over the budget',
    'segment.ms': () => `active for longer than segment.ms=${humanDuration(limits.segmentMs)}`,
    'future-timestamp': held,
    damaged: held,
    'older-one-stays': () => 'an older segment stays',
    'no-limit': () =>
      limits.retentionBytes === Infinity ? 'retention.ms=-1' : 'within retention.bytes, retention.ms=-1',
    compacted: () => 'cleanup.policy=compact',
    'high-watermark': () => 'not all below the high watermark',
    recompress: () => 'closed, and not recompressed so far',
    empty: () => 'active and empty',
  }
  return ({ segment, reason }) => texts[reason](segment)
}

/** What keeps a segment from going, however old its file is. */
export function heldText(timestamp: SegmentTimestamp, now: number): string {
  if (timestamp.source === 'damaged') return `damaged at byte ${timestamp.position}, so that its age is not known`
  return `its latest record, ${isoTime(timestamp.timestamp)}, is ${humanDuration(timestamp.timestamp - now)} in the future`
}

function ageText(timestamp: SegmentTimestamp, now: number): string {
  if (timestamp.source === 'damaged') return 'of unknown age'
  const age = humanDuration(Math.max(0, now - timestamp.timestamp))
  return timestamp.source === 'file' ? `written ${age} ago, no timestamps` : `latest record ${age} old`
}
