import type { TopicPartition } from '../storage/file-names.ts'
import type { LogDirectory } from '../storage/log-directory.ts'

/** What a follower needs of the directory that it writes to: a `LogDirectory`, or one that a server has open and goes on serving meanwhile. */
export interface FollowersDirectory extends Pick<
  LogDirectory,
  | 'path'
  | 'findTopic'
  | 'createTopic'
  | 'alterTopic'
  | 'deleteTopic'
  | 'config'
  | 'openLog'
  | 'closeLog'
  | 'openReader'
  | 'trim'
> {
  /** Makes what was appended to a partition durable, where that is not `PartitionLog.sync`. */
  readonly sync?: (partition: TopicPartition) => Promise<void>
  /** Told of an append, where somebody may wait for it. */
  readonly noteAppended?: (partition: TopicPartition) => void
}
