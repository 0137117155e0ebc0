import type { Offset } from '../../base/brands.ts'
import type { Uuid } from '../../base/uuid.ts'
import { epochEndIn } from '../../replication/epoch-end.ts'
import type { LeaderPartition } from '../../replication/leader.ts'
import type { PushedOffsets } from './pushed-offsets.ts'

/** Where a source has left what was sent of it. */
export interface PushedParting {
  /** From here on it holds what was never sent. */
  readonly fork: Offset
  readonly reason: string
}

/** Whether what was sent of a partition is still what its source has, by topic id, end and leader epochs; `undefined` when it is. */
export function pushedParting(
  pushed: PushedOffsets,
  topicId: Uuid | undefined,
  described: LeaderPartition,
): PushedParting | undefined {
  const { logStartOffset, logEndOffset } = described
  const { source } = pushed
  if (topicId !== undefined && pushed.topicId !== undefined && pushed.topicId !== topicId) {
    return {
      fork: logStartOffset,
      reason: `it was sent from a topic with id ${pushed.topicId}, and this is ${topicId}`,
    }
  }
  if (source > logEndOffset) {
    return { fork: logEndOffset, reason: `it was sent up to offset ${source}, and ends at ${logEndOffset}` }
  }
  return source <= logStartOffset ? undefined : epochParting(pushed, described)
}

/** A log that was cut goes on under another leader epoch. */
function epochParting(
  { source, leaderEpoch }: PushedOffsets,
  { logStartOffset, logEndOffset, epochs }: LeaderPartition,
): PushedParting | undefined {
  if (leaderEpoch === undefined) return undefined
  const { epoch, endOffset } = epochEndIn(epochs, logEndOffset, leaderEpoch)
  const isKnown = epoch === leaderEpoch
  if (endOffset < 0n || (isKnown && endOffset >= source)) return undefined
  const fork = endOffset < logStartOffset ? logStartOffset : endOffset
  const there = isKnown ? `ends at offset ${endOffset} here` : 'is not known here'
  return {
    fork: fork < source ? fork : source,
    reason: `it was sent up to offset ${source} under leader epoch ${leaderEpoch}, which ${there}`,
  }
}

/** What is noted of the source where it was sent up to `source`. */
export function pushedOrigin(
  source: Offset,
  topicId: Uuid | undefined,
  { epochs }: LeaderPartition,
): Pick<PushedOffsets, 'topicId' | 'leaderEpoch'> {
  const last = epochs.findLast(({ startOffset }) => startOffset < source)
  return { ...(topicId !== undefined && { topicId }), ...(last !== undefined && { leaderEpoch: last.epoch }) }
}
