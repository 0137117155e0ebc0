import type { FollowersDirectory } from '../replication/followers-directory.ts'
import type { TopicPartition } from '../storage/file-names.ts'
import type { LogDirectory, NewTopic, Topic } from '../storage/log-directory.ts'
import type { PartitionLog } from '../storage/partition-log.ts'
import type { PartitionReader } from '../storage/partition-reader.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import type { GroupCoordinator } from './groups/group-coordinator.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** What a broker has of the directory that it serves. */
export interface ServedParts {
  readonly directory: LogDirectory
  readonly topics: TopicRegistry
  readonly groups: GroupCoordinator
}

/**
 * The directory of a broker as a follower writes to it, while clients are served from it: appends go through the logs that the broker has open,
 * so that it knows of them, and who waits for records is told.
 */
export class ServedDirectory implements FollowersDirectory {
  readonly path: string
  readonly #parts: ServedParts

  constructor(parts: ServedParts) {
    this.#parts = parts
    this.path = parts.directory.path
  }

  findTopic(name: string): Topic | undefined {
    this.#parts.topics.refresh()
    return this.#parts.directory.findTopic(name)
  }

  createTopic(topic: NewTopic): boolean {
    const isNew = this.#parts.directory.createTopic(topic)
    this.#parts.topics.refresh()
    return isNew
  }

  alterTopic(name: string, change: Parameters<LogDirectory['alterTopic']>[1]): Topic {
    const altered = this.#parts.directory.alterTopic(name, change)
    this.#parts.topics.refresh()
    return altered
  }

  deleteTopic(name: string): void {
    const { directory, topics, groups } = this.#parts
    topics.closeTopic(name)
    directory.deleteTopic(name)
    topics.refresh()
    groups.topicsDeleted([name])
  }

  config(name: string): TopicConfig {
    return this.#parts.directory.config(name)
  }

  openLog({ topic, partition }: TopicPartition): PartitionLog {
    return this.#parts.topics.partition(topic, partition).followersLog()
  }

  /** What is known of a log whose end was cut is old: all who read or append look again. */
  closeLog({ topic, partition }: TopicPartition): void {
    this.#parts.topics.partition(topic, partition).reopen()
  }

  openReader(partition: TopicPartition): PartitionReader {
    return this.#parts.directory.openReader(partition)
  }

  trim(partition: TopicPartition, before: Parameters<LogDirectory['trim']>[1]): ReturnType<LogDirectory['trim']> {
    return this.#parts.topics.partition(partition.topic, partition.partition).deleteRecords(before)
  }

  /** Clients are answered meanwhile. */
  readonly sync = ({ topic, partition }: TopicPartition): Promise<void> =>
    this.#parts.topics.partition(topic, partition).commitFollowed()

  readonly noteAppended = ({ topic, partition }: TopicPartition): void => {
    this.#parts.topics.partition(topic, partition).noteAppended()
  }
}
