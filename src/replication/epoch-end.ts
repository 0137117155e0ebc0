import { type LeaderEpoch, NO_LEADER_EPOCH, type Offset, offset } from '../base/brands.ts'
import type { LeaderEpochEnd, LeaderEpochEntry } from '../storage/leader-epoch-history.ts'

/**
 * Where `epoch` ends in a log that ends at `logEndOffset`: at the start of the next epoch that it has. An epoch that it does not have is answered
 * with the nearest below it, also one of the future; -1 and -1 when there is none.
 */
export function epochEndIn(
  entries: readonly LeaderEpochEntry[],
  logEndOffset: Offset,
  epoch: LeaderEpoch,
): LeaderEpochEnd {
  const at = entries.findLastIndex((entry) => entry.epoch <= epoch)
  const found = entries[at]
  if (found === undefined) return { epoch: NO_LEADER_EPOCH, endOffset: offset(-1) }
  return { epoch: found.epoch, endOffset: entries[at + 1]?.startOffset ?? logEndOffset }
}
