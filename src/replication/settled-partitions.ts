import type { Offset } from '../base/brands.ts'
import { partitionDirectoryName, type TopicPartition } from '../storage/file-names.ts'
import type { LeaderPartition } from './leader.ts'
import type { PartitionFollower } from './partition-follower.ts'

/** How both logs of a partition were when all of one was in the other. */
interface Settled {
  readonly described: LeaderPartition
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
}

/** Partitions whose copy is where its source is: while neither changes there is nothing to compare, to copy or to sync. */
export class SettledPartitions {
  readonly #settled = new Map<string, Settled>()

  /** All is copied, and on the disk. */
  note({ partition, described, replica }: PartitionFollower): void {
    const { logStartOffset, logEndOffset } = replica
    this.#settled.set(partitionDirectoryName(partition), { described, logStartOffset, logEndOffset })
  }

  forget(partition: TopicPartition): void {
    this.#settled.delete(partitionDirectoryName(partition))
  }

  /** Whether nothing has changed since, at the leader, which says `described` now, or here. */
  includes({ partition, replica }: PartitionFollower, described: LeaderPartition): boolean {
    const settled = this.#settled.get(partitionDirectoryName(partition))
    if (settled === undefined || !isSameLog(settled.described, described)) return false
    replica.refresh()
    return replica.logStartOffset === settled.logStartOffset && replica.logEndOffset === settled.logEndOffset
  }
}

function isSameLog(one: LeaderPartition, two: LeaderPartition): boolean {
  return (
    one.logStartOffset === two.logStartOffset &&
    one.logEndOffset === two.logEndOffset &&
    one.lastBatch?.crc === two.lastBatch?.crc &&
    one.endEpoch === two.endEpoch &&
    one.epochs.length === two.epochs.length &&
    one.epochs.every(({ epoch, startOffset }, at) => {
      const other = two.epochs[at]
      return epoch === other?.epoch && startOffset === other.startOffset
    }) &&
    one.segments.length === two.segments.length &&
    one.segments.every(({ baseOffset, sizeInBytes }, at) => {
      const other = two.segments[at]
      return baseOffset === other?.baseOffset && sizeInBytes === other.sizeInBytes
    })
  )
}
