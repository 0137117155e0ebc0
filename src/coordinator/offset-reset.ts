import type { Offset, TimestampMs } from '../base/brands.ts'
import { offset } from '../base/brands.ts'

/** Where a group is to go on reading: the choices of Kafka's `kafka-consumer-groups --reset-offsets`. */
export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** Where it stands; the end of the log for a partition without a committed offset. */
  | { readonly kind: 'current' }
  | { readonly kind: 'offset'; readonly offset: Offset }
  /** Forward, or back when negative, from where it stands. */
  | { readonly kind: 'shiftBy'; readonly by: bigint }
  /** The first record at or after a time; the end of the log when there is none. */
  | { readonly kind: 'datetime'; readonly timestamp: TimestampMs }
  /** The same, for the time that lies so many ms before now. */
  | { readonly kind: 'byDuration'; readonly durationMs: number }

/** What the log says about a partition. */
export interface PartitionToReset {
  readonly topic: string
  readonly partition: number
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  /** The first offset at or after `resetTime`, when the target has a time; `undefined` when no record is that late. */
  readonly offsetForTime?: Offset | undefined
}

/** The move of a group in one partition. */
export interface OffsetChange {
  readonly topic: string
  readonly partition: number
  readonly from: Offset | undefined
  readonly to: Offset
  /** Why `to` is not what was asked for literally. */
  readonly note?: 'movedToStart' | 'movedToEnd' | 'noRecordAtTime'
}

/** The time whose offsets have to be looked up before the reset can be planned, in ms; `undefined` when the target has none. */
export function resetTime(target: ResetTarget, now: TimestampMs): TimestampMs | undefined {
  if (target.kind === 'datetime') return target.timestamp
  return target.kind === 'byDuration' ? now - target.durationMs : undefined
}

/** The move in one partition, or `undefined` for a shift from nowhere: there is no committed offset. */
export function offsetChange(
  target: ResetTarget,
  log: PartitionToReset,
  from: Offset | undefined,
): OffsetChange | undefined {
  const where = { topic: log.topic, partition: log.partition, from }
  switch (target.kind) {
    case 'earliest':
      return { ...where, to: log.logStartOffset }
    case 'latest':
      return { ...where, to: log.logEndOffset }
    case 'current':
      return { ...where, to: from ?? log.logEndOffset }
    case 'offset':
      return { ...where, ...within(log, target.offset) }
    case 'shiftBy':
      return from === undefined ? undefined : { ...where, ...within(log, offset(from + target.by)) }
    case 'datetime':
    case 'byDuration':
      return { ...where, ...atTime(log) }
  }
}

function atTime({ offsetForTime, logEndOffset }: PartitionToReset): Pick<OffsetChange, 'to' | 'note'> {
  return offsetForTime === undefined ? { to: logEndOffset, note: 'noRecordAtTime' } : { to: offsetForTime }
}

/** Kafka moves an offset outside of the log to its nearer end, and says so. */
function within(log: PartitionToReset, wanted: Offset): Pick<OffsetChange, 'to' | 'note'> {
  if (wanted < log.logStartOffset) return { to: log.logStartOffset, note: 'movedToStart' }
  if (wanted > log.logEndOffset) return { to: log.logEndOffset, note: 'movedToEnd' }
  return { to: wanted }
}
