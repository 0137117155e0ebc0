import type { Offset, TimestampMs } from '../base/brands.ts'
import { directoryOwner } from '../storage/directory-ownership.ts'
import type { LogDirectory, NewTopic, Topic } from '../storage/log-directory.ts'
import { LogDirectory as Directory, type LogDirectoryOptions } from '../storage/log-directory.ts'
import { partitionDirectoryName } from '../storage/file-names.ts'
import { partitionSize, type PartitionSize } from '../storage/partition-size.ts'
import { findOffsetForTime, findOffsetOfLargestTime, type TimedOffset } from '../storage/offset-for-time.ts'
import type { TopicConfig } from '../storage/topic-configs.ts'
import { DirectoryAppender } from './directory-appender.ts'
import { DirectorySource } from './directory-source.ts'
import { LazyGroups } from './lazy-groups.ts'
import type {
  BatchAppender,
  BatchSource,
  GroupStore,
  Isolation,
  LogStore,
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
  #reading: LogDirectory | undefined
  #writing: LogDirectory | undefined

  constructor(options: LogDirectoryOptions) {
    this.name = options.path
    this.#options = options
  }

  async refresh(): Promise<void> {
    this.#reading?.refresh()
    this.#writing?.refresh()
  }

  async topicNames(): Promise<string[]> {
    return this.#forReading().topicNames()
  }

  async topics(): Promise<Topic[]> {
    return this.#forReading().topics()
  }

  async topic(name: string): Promise<Topic> {
    return this.#forReading().topic(name)
  }

  async findTopic(name: string): Promise<Topic | undefined> {
    return this.#isThere() ? this.#forReading().findTopic(name) : undefined
  }

  async config(name: string): Promise<TopicConfig> {
    return this.#forReading().config(name)
  }

  async createTopic(topic: NewTopic): Promise<boolean> {
    return this.#forWriting().createTopic(topic)
  }

  async alterTopic(name: string, change: TopicChange): Promise<Topic> {
    return this.#changing(name).alterTopic(name, change)
  }

  async deleteTopic(name: string): Promise<void> {
    this.#changing(name).deleteTopic(name)
  }

  async trim(partition: TopicPartition, before: Offset): Promise<Offset> {
    return this.#changing(partition.topic).trim(partition, before)
  }

  async offsets(partition: TopicPartition): Promise<PartitionOffsets> {
    const source = this.#source(partition, 'read_uncommitted')
    try {
      return source.refresh()
    } finally {
      source.close()
    }
  }

  async partitionSize(partition: TopicPartition): Promise<PartitionSize> {
    const { path } = this.#forReading()
    return partitionSize(this.#options.fileSystem, `${path}/${partitionDirectoryName(partition)}`)
  }

  async offsetForTime(partition: TopicPartition, timestamp: TimestampMs): Promise<TimedOffset | undefined> {
    const source = this.#source(partition, 'read_uncommitted')
    try {
      return findOffsetForTime(source.reader, timestamp)
    } finally {
      source.close()
    }
  }

  async offsetOfLargestTime(partition: TopicPartition): Promise<TimedOffset | undefined> {
    const source = this.#source(partition, 'read_uncommitted')
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
    if (this.#isThere()) this.#forWriting()
  }

  async openAppender(topic: string): Promise<BatchAppender> {
    return new DirectoryAppender(this.#forWriting(), topic)
  }

  get groups(): GroupStore {
    return new LazyGroups({
      ...this.#options,
      store: this,
      hasTopic: (name) => this.#isThere() && this.#forReading().findTopic(name) !== undefined,
    })
  }

  close(): void {
    this.#reading?.close()
    this.#writing?.close()
  }

  #source(partition: TopicPartition, isolation: Isolation): DirectorySource {
    return new DirectorySource(this.#forReading().openReader(partition), partition, { ...this.#options, isolation })
  }

  #forReading(): LogDirectory {
    return this.#writing ?? (this.#reading ??= Directory.openToRead(this.#options))
  }

  #forWriting(): LogDirectory {
    return (this.#writing ??= Directory.openToWrite(this.#options))
  }

  /** For a change of what exists: a missing topic is said before a directory is made for it. */
  #changing(topic: string): LogDirectory {
    this.#forReading().topic(topic)
    return this.#forWriting()
  }

  /** An empty directory is a log that was not begun. */
  #isThere(): boolean {
    if (this.#writing !== undefined || this.#reading !== undefined) return true
    const owner = directoryOwner(this.#options.fileSystem, this.#options.path)
    return owner !== 'missing' && owner !== 'empty'
  }
}
