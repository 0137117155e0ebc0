import { NotFoundError } from '../base/errors.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { partitionDirectoryName, type TopicPartition } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import { readPartitionMetadata } from './partition-metadata.ts'

/** A partition of the topic with that id, whatever other topic may bear its name some day. Kafka: TopicIdPartition. */
export interface TopicIdPartition extends TopicPartition {
  /** Undefined where nothing says it. */
  readonly topicId?: Uuid | undefined
}

/**
 * `LogDirectory.openLog` for what was decided about this very topic: when it was deleted and made anew since, nothing may be done to the new one. The log is
 * of the topic for as long as it is open. Throws `NotFoundError` when the topic is gone.
 */
export function openSameTopic(directory: LogDirectory, fileSystem: FileSystem, where: TopicIdPartition): PartitionLog {
  const log = directory.openLog(where)
  // In this order: a log that was opened before its directory was replaced is marked as deleted.
  if (isSameTopic(fileSystem, directory.path, where)) return log
  throw new NotFoundError(`${log.directory}: the topic was deleted and made anew meanwhile`, {
    hint: 'run the command again',
  })
}

/** Whether the directory of the partition in the log directory `path` is the one of its topic. */
export function isSameTopic(fileSystem: FileSystem, path: string, where: TopicIdPartition): boolean {
  if (where.topicId === undefined) return true
  const found = readPartitionMetadata(fileSystem, `${path}/${partitionDirectoryName(where)}`)
  // What cannot be read is for a repair to say.
  return found.kind === 'damaged' || (found.kind === 'metadata' && found.topicId === where.topicId)
}
