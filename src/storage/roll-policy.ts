import type { Offset, TimestampMs } from '../base/brands.ts'
import type { Random } from '../base/random.ts'

/** What decides whether the active segment takes one more set of batches. Kafka: LogSegment.shouldRoll. */
export interface RollQuestion {
  /** Bytes in the active segment's `.log`. */
  readonly segmentSize: number
  readonly segmentBaseOffset: Offset
  /** Largest timestamp of the segment's first batch; undefined when the segment is empty. */
  readonly firstTimestamp: TimestampMs | undefined
  /** When the segment was made or loaded by this process. */
  readonly createdMs: TimestampMs
  readonly areIndexesFull: boolean
  readonly appendBytes: number
  readonly appendMaxTimestamp: TimestampMs
  readonly appendLastOffset: Offset
  readonly now: TimestampMs
}

/** The limits of a topic's configuration. */
export interface RollLimits {
  readonly segmentBytes: number
  /** segment.ms less this segment's share of segment.jitter.ms. */
  readonly segmentMs: number
}

const relativeOffsetMax = 2n ** 31n - 1n

/** Whether the active segment must be sealed and a new one opened before the append. */
export function shouldRoll(question: RollQuestion, limits: RollLimits): boolean {
  if (question.segmentSize > limits.segmentBytes - question.appendBytes && question.segmentSize > 0) return true
  if (question.appendLastOffset - question.segmentBaseOffset > relativeOffsetMax) return true
  if (question.segmentSize === 0) return false
  return question.areIndexesFull || waitedMs(question) > limits.segmentMs
}

/** By the records' own time where there is one, so that loading old logs makes the segments that time made. */
function waitedMs(question: RollQuestion): number {
  const { firstTimestamp, appendMaxTimestamp } = question
  if (firstTimestamp !== undefined && firstTimestamp >= 0) return appendMaxTimestamp - firstTimestamp
  return question.now - question.createdMs
}

/** Spreads the rolls of partitions that began together: 0 to `max` (segment.jitter.ms), exclusive. */
export function jitterMs(max: number, random: Random): number {
  if (max === 0) return 0
  const bytes = random.fill(new Uint8Array(4))
  return Math.floor((new DataView(bytes.buffer).getUint32(0) / 2 ** 32) * max)
}
