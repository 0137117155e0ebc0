import type { Offset } from '../../base/brands.ts'
import type { PartitionLag } from '../../replication/replication.ts'
import type { PartitionList } from '../values/partition-list.ts'

/** What a follower is to do; it travels to the side that follows. */
export interface ReplicationRequest {
  /** Names or patterns of topics. */
  readonly patterns: readonly string[]
  /** All topics but the internal ones. */
  readonly all: boolean
  /** Empty: all. */
  readonly partitions: PartitionList
  readonly groups: boolean
  readonly keepsOld: boolean
  readonly overwritesDiverged: boolean
  readonly follows: boolean
  readonly isDryRun: boolean
  /** Batches are compressed on their way from one tslog to another. */
  readonly isSlow: boolean
  /** At most so many bytes a second; no limit when undefined. */
  readonly bytesPerSecond: number | undefined
}

/** What was done, or with `isDryRun` would be. */
export interface ReplicationReport {
  readonly partitions: readonly ReportedPartition[]
  /** Groups whose offsets were brought along. */
  readonly groups: number
}

export interface ReportedPartition {
  readonly topic: string
  readonly partition: number
  /** Where the copy ended before, and where it ends now. */
  readonly fromOffset: Offset
  readonly toOffset: Offset
  /** Where the copy was cut back to, when it had diverged. */
  readonly cutTo: Offset | undefined
  /** Records of the copy below it are not in the source any more, and go. */
  readonly trimTo: Offset | undefined
  readonly bytes: number
  readonly records: number
}

/** How far a follower is. */
export interface ReplicationProgress {
  readonly bytes: number
  readonly records: number
  readonly bytesTotal: number
  /** How far partitions are behind their source now; those that have not moved since may be missing. */
  readonly lags: () => readonly PartitionLag[]
}
