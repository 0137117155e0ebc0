import type { Offset, TimestampMs } from '../base/brands.ts'
import type { MakeWindow, TimedOffset } from '../storage/offset-for-time.ts'
import type { NewTopic, Topic } from '../storage/log-directory.ts'
import type { PartitionSize } from '../storage/partition-size.ts'
import type { TopicConfig, TopicConfigTexts } from '../storage/topic-configs.ts'
import { DirectoryDoor, type DirectoryWays } from './directory-door.ts'
import { HandoverAppender } from './handover-appender.ts'
import { LazyGroups } from './lazy-groups.ts'
import type {
  BatchAppender,
  BatchSource,
  GroupStore,
  Isolation,
  LogStore,
  NewTopicDefaults,
  PartitionOffsets,
  TopicChange,
  TopicPartition,
} from './log-store.ts'

/**
 * A log directory of this machine, whether a server holds it or not: what is read is read from the files, up to what the server lets readers see;
 * what changes something goes through the server while there is one.
 */
export class LocalStore implements LogStore {
  readonly name: string
  readonly #door: DirectoryDoor

  constructor(ways: DirectoryWays) {
    this.name = ways.path
    this.#door = new DirectoryDoor(ways)
  }

  refresh(): Promise<void> {
    return this.#door.files.refresh()
  }

  topicNames(): Promise<string[]> {
    return this.#door.files.topicNames()
  }

  topics(): Promise<Topic[]> {
    return this.#door.files.topics()
  }

  topic(name: string): Promise<Topic> {
    return this.#door.files.topic(name)
  }

  findTopic(name: string): Promise<Topic | undefined> {
    return this.#door.files.findTopic(name)
  }

  config(name: string): Promise<TopicConfig> {
    return this.#door.files.config(name)
  }

  /** Its server may say otherwise to others: scripts find the same at rest and live. */
  async defaultsFor(_name: string, configs: TopicConfigTexts): Promise<NewTopicDefaults> {
    return { partitionCount: 1, configs }
  }

  createTopic(topic: NewTopic): Promise<boolean> {
    return this.#door.change((store) => store.createTopic(topic))
  }

  async alterTopic(name: string, change: TopicChange): Promise<Topic> {
    return this.#door.change((store) => store.alterTopic(name, change))
  }

  async deleteTopic(name: string): Promise<void> {
    await this.topic(name)
    return this.#door.change((store) => store.deleteTopic(name))
  }

  trim(partition: TopicPartition, before: Offset): Promise<Offset> {
    return this.#door.change((store) => store.trim(partition, before))
  }

  offsets(partition: TopicPartition): Promise<PartitionOffsets> {
    return this.#door.files.offsets(partition)
  }

  partitionSize(partition: TopicPartition): Promise<PartitionSize> {
    return this.#door.files.partitionSize(partition)
  }

  offsetForTime(
    partition: TopicPartition,
    timestamp: TimestampMs,
    lendWindow?: MakeWindow,
  ): Promise<TimedOffset | undefined> {
    return this.#door.files.offsetForTime(partition, timestamp, lendWindow)
  }

  offsetOfLargestTime(partition: TopicPartition): Promise<TimedOffset | undefined> {
    return this.#door.files.offsetOfLargestTime(partition)
  }

  openSource(partition: TopicPartition, isolation: Isolation): Promise<BatchSource> {
    return this.#door.files.openSource(partition, isolation)
  }

  prepareToWrite(): Promise<void> {
    return this.#door.change((store) => store.prepareToWrite())
  }

  openAppender(topic: string): Promise<BatchAppender> {
    return HandoverAppender.open(topic, this.#door)
  }

  get groups(): GroupStore {
    return new LazyGroups({
      areMembersGone: () => !this.#door.isServed(),
      load: async () => new (await import('./handover-groups.ts')).HandoverGroups(this.#door),
    })
  }

  close(): void {
    this.#door.close()
  }
}
