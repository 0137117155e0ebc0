import type { Offset, TimestampMs } from '../base/brands.ts'
import { directoryOwner } from '../storage/directory-ownership.ts'
import { loadKafkaImport } from '../storage/kafka-import.ts'
import type { LogDirectory, NewTopic } from '../storage/log-directory.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import { partitionSize, type PartitionSize } from '../storage/partition-size.ts'
import { type LogDirectoryOptions, ReadableLogDirectory, type Topic } from '../storage/readable-log-directory.ts'
import {
  findOffsetForTime,
  findOffsetOfLargestTime,
  type MakeWindow,
  type TimedOffset,
} from '../storage/offset-for-time.ts'
import type { TopicConfig, TopicConfigTexts } from '../storage/topic-configs.ts'
import type { DirectoryAppender } from './directory-appender.ts'
import { DirectorySource } from './directory-source.ts'
import type { DirectoryWriting } from './directory-writing.ts'
import { LazyGroups } from './lazy-groups.ts'
import type {
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
 * A log directory of this machine as a `LogStore`. Opened to read first; the first method that writes opens it for writing, which makes a missing
 * directory, and from then on everything goes through that.
 */
export class DirectoryStore implements LogStore {
  readonly name: string
  readonly #options: LogDirectoryOptions
  #completed: Promise<LogDirectoryOptions> | undefined
  readonly #loadWriting: () => Promise<DirectoryWriting>
  #reading: ReadableLogDirectory | undefined
  #writing: LogDirectory | undefined
  /** What `#isThere` saw last. */
  #wasOurs = false

  /** `writing`: for who has it loaded; else the first method that needs it loads it. */
  constructor(options: LogDirectoryOptions, writing?: DirectoryWriting) {
    this.name = options.path
    this.#options = options
    this.#loadWriting = async () => writing ?? (await import('./directory-writing.ts')).directoryWriting
  }

  async refresh(): Promise<void> {
    this.#reading?.refresh()
    this.#writing?.refresh()
  }

  async topicNames(): Promise<string[]> {
    return (await this.#forReading()).topicNames()
  }

  async topics(): Promise<Topic[]> {
    return (await this.#forReading()).topics()
  }

  async topic(name: string): Promise<Topic> {
    return (await this.#forReading()).topic(name)
  }

  async findTopic(name: string): Promise<Topic | undefined> {
    return this.#isThere() ? (await this.#forReading()).findTopic(name) : undefined
  }

  async config(name: string): Promise<TopicConfig> {
    const { configOf } = await this.#loadWriting()
    return configOf((await this.#forReading()).findTopic(name)?.configs ?? new Map())
  }

  async defaultsFor(_name: string, configs: TopicConfigTexts): Promise<NewTopicDefaults> {
    return { partitionCount: 1, configs }
  }

  async createTopic(topic: NewTopic): Promise<boolean> {
    return (await this.#forWriting()).createTopic(topic)
  }

  async alterTopic(name: string, change: TopicChange): Promise<Topic> {
    return (await this.#changing(name)).alterTopic(name, change)
  }

  async deleteTopic(name: string): Promise<void> {
    const directory = await this.#changing(name)
    directory.deleteTopic(name)
  }

  async trim(partition: TopicPartition, before: Offset): Promise<Offset> {
    return (await this.#changing(partition.topic)).trim(partition, before)
  }

  async offsets(partition: TopicPartition): Promise<PartitionOffsets> {
    const source = await this.#source(partition, 'read_uncommitted')
    try {
      return source.refresh()
    } finally {
      source.close()
    }
  }

  async partitionSize(partition: TopicPartition): Promise<PartitionSize> {
    const { path } = await this.#forReading()
    return partitionSize(this.#options.fileSystem, `${path}/${partitionDirectoryName(partition)}`)
  }

  async offsetForTime(
    partition: TopicPartition,
    timestamp: TimestampMs,
    lendWindow?: MakeWindow,
  ): Promise<TimedOffset | undefined> {
    const makeWindow = lendWindow ?? this.#options.makeWindow
    // A source that is open already knows the segments; opening another one means to list the directory again.
    if (partition instanceof DirectorySource) return findOffsetForTime(partition.reader, timestamp, makeWindow)
    const source = await this.#source(partition, 'read_uncommitted')
    try {
      return findOffsetForTime(source.reader, timestamp, makeWindow)
    } finally {
      source.close()
    }
  }

  async offsetOfLargestTime(partition: TopicPartition): Promise<TimedOffset | undefined> {
    const source = await this.#source(partition, 'read_uncommitted')
    try {
      return findOffsetOfLargestTime(source.reader)
    } finally {
      source.close()
    }
  }

  async openSource(partition: TopicPartition, isolation: Isolation): Promise<BatchSource> {
    return this.#source(partition, isolation)
  }

  async prepareToWrite(): Promise<void> {
    if (this.#isThere()) await this.#forWriting()
  }

  async openAppender(topic: string): Promise<DirectoryAppender> {
    const { openAppender } = await this.#loadWriting()
    return openAppender(await this.#forWriting(), topic)
  }

  get groups(): GroupStore {
    return new LazyGroups({
      areMembersGone: () => true,
      load: async () => {
        const { DirectoryGroups } = await import('./directory-groups.ts')
        const hasTopic = async (name: string): Promise<boolean> => (await this.findTopic(name)) !== undefined
        return new DirectoryGroups({ ...this.#options, store: this, hasTopic })
      },
    })
  }

  close(): void {
    this.#reading?.close()
    this.#writing?.close()
  }

  async #source(partition: TopicPartition, isolation: Isolation): Promise<DirectorySource> {
    const reader = (await this.#forReading()).openReader(partition)
    return new DirectorySource(reader, partition, { ...this.#options, isolation })
  }

  async #forReading(): Promise<ReadableLogDirectory> {
    const options = await this.#complete()
    return this.#writing ?? (this.#reading ??= ReadableLogDirectory.openToRead(options))
  }

  async #forWriting(): Promise<LogDirectory> {
    const options = await this.#complete()
    const { open } = await this.#loadWriting()
    return (this.#writing ??= open(options))
  }

  /** With what a directory of Kafka's takes, when it is one. */
  #complete(): Promise<LogDirectoryOptions> {
    this.#completed ??= this.#lookAt()
    return this.#completed
  }

  async #lookAt(): Promise<LogDirectoryOptions> {
    const { fileSystem, path } = this.#options
    const owner = this.#wasOurs ? 'tslog' : directoryOwner(fileSystem, path)
    return { ...this.#options, kafka: await loadKafkaImport(fileSystem, path, owner), isOurs: owner === 'tslog' }
  }

  /** For a change of what exists: a missing topic is said before a directory is made for it. */
  async #changing(topic: string): Promise<LogDirectory> {
    const reading = await this.#forReading()
    reading.topic(topic)
    return this.#forWriting()
  }

  /** An empty directory is a log that was not begun. */
  #isThere(): boolean {
    if (this.#writing !== undefined || this.#reading !== undefined) return true
    const owner = directoryOwner(this.#options.fileSystem, this.#options.path)
    this.#wasOurs = owner === 'tslog'
    return owner !== 'missing' && owner !== 'empty'
  }
}
