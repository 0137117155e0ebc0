import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem, OpenFile } from '../disk/file-system.ts'
import type { BatchWindow } from '../record/batch-window.ts'
import { directoryOwner, lockAgainstKafka, refuseUnreadable } from './directory-ownership.ts'
import { DirectoryTopics } from './directory-topics.ts'
import { partitionDirectoryName, type TopicPartition } from './file-names.ts'
import type { KafkaImport } from './kafka-import.ts'
import { missingPartition } from './missing-partition.ts'
import { readOffsetCheckpoint } from './offset-checkpoints.ts'
import { PartitionDirectories } from './partition-directories.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import { PartitionReader } from './partition-reader.ts'
import { TopicCatalog } from './topic-catalog.ts'
import type { TopicConfigTexts } from './topic-configs.ts'

export interface LogDirectoryOptions extends Pick<
  PartitionLogOptions,
  'isServer' | 'wasClosedCleanly' | 'producerIdExpirationMs'
> {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly random: Random
  readonly path: string
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
  /** Memory for recovery to read batches into; small plain memory when absent. */
  readonly makeWindow?: () => BatchWindow
  /** A directory of Apache Kafka's becomes ours when it is opened to write; else that is refused. Goes with `kafka`. */
  readonly adopt?: boolean
  /** From `loadKafkaImport`. Without it the topics that only Kafka's files tell of have no configuration but that they are kept whole. */
  readonly kafka?: KafkaImport | undefined
  /** Whether `directoryOwner` has just said so: a reader need not look again. */
  readonly isOurs?: boolean
  /** Told what recovery did, one line each. */
  readonly onWarning?: (warning: string) => void
}

/** A topic as a log directory has it. */
export interface Topic {
  readonly name: string
  /** Undefined when neither the catalog nor a partition says it. */
  readonly id: Uuid | undefined
  readonly partitionCount: number
  /** Only what was set. */
  readonly configs: TopicConfigTexts
  /** What holds for the others, where brokers have defaults of their own. */
  readonly inherited?: TopicConfigTexts
  /** Kept by the broker for itself. */
  readonly isInternal: boolean
  /** Partitions that another log directory or broker of Kafka's keeps: empty here, and not to be written. */
  readonly elsewhere: readonly number[]
}

/**
 * A directory of topics as far as reading goes: finds them and opens readers. What writes is in `LogDirectory`, so that a command that only reads
 * does not load it.
 */
export class ReadableLogDirectory {
  readonly path: string
  protected readonly options: LogDirectoryOptions
  protected readonly catalog: TopicCatalog
  protected readonly directories: PartitionDirectories
  protected readonly known: DirectoryTopics
  protected lock: OpenFile | undefined
  #isElsewhereSaid = false

  protected constructor(options: LogDirectoryOptions) {
    this.options = options
    this.path = options.path
    this.catalog = new TopicCatalog(options.fileSystem, options.path)
    this.directories = new PartitionDirectories(options)
    this.known = new DirectoryTopics(options, this.catalog, this.directories)
  }

  /**
   * Opens a directory to read; nothing in it is touched. Throws `NotFoundError` when it is missing, `RefusedError` when it is
   * no log or of a newer tslog, `LockedError` while a Kafka broker holds it.
   */
  static openToRead(options: LogDirectoryOptions): ReadableLogDirectory {
    const directory = new ReadableLogDirectory(options)
    directory.beginToRead()
    return directory
  }

  protected beginToRead(): void {
    const { fileSystem, path, isOurs } = this.options
    if (isOurs !== true) refuseUnreadable(path, directoryOwner(fileSystem, path))
    this.refresh()
    this.lock = lockAgainstKafka(fileSystem, path, 'read')
  }

  /** Names of all topics, sorted. Lists one directory and opens no partition. */
  topicNames(): string[] {
    return this.known.names()
  }

  /** All topics, sorted by name. Lists one directory; topics that the catalog does not know cost a look at Kafka's files. */
  topics(): Topic[] {
    return this.known.all()
  }

  /** Reads again what other processes did to topics. */
  refresh(): void {
    this.known.refresh()
  }

  /** A topic, or `undefined` when there is none of that name. */
  findTopic(name: string): Topic | undefined {
    return this.known.find(name)
  }

  /** A topic; throws `NotFoundError` that names the nearest one. */
  topic(name: string): Topic {
    return this.known.get(name)
  }

  /** Takes the directory for this process alone, until it is closed; false when another one has it open. */
  lockAlone(): boolean {
    return this.lock?.lock('exclusive', 0) ?? false
  }

  /** The partitions that have a directory, sorted by topic and number. */
  partitions(): TopicPartition[] {
    return this.directories
      .list(this.known.catalogued)
      .sort((one, other) =>
        one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
      )
  }

  /** A reader of a partition. Throws `NotFoundError` when there is none. */
  openReader(partition: TopicPartition): PartitionReader {
    const topic = this.topic(partition.topic)
    refuseUnknownPartition(topic, partition.partition)
    // Throws for what leads out of the directory; one that is not there has its own error below.
    this.directories.has(partition)
    const { fileSystem } = this.options
    const key = partitionDirectoryName(partition)
    const marked = readOffsetCheckpoint(fileSystem, this.path, 'log-start-offset-checkpoint').offsets.get(key)
    const isElsewhere = topic.elsewhere.includes(partition.partition)
    if (isElsewhere) this.#noteElsewhere(partition)
    const options = { fileSystem, directory: `${this.path}/${key}`, isElsewhere }
    return new PartitionReader(marked === undefined ? options : { ...options, logStartCheckpoint: marked })
  }

  close(): void {
    this.lock?.close()
  }

  /** A broker may keep several log directories, a cluster several brokers. Said once for all. */
  #noteElsewhere({ topic, partition }: TopicPartition): void {
    if (this.#isElsewhereSaid) return
    this.#isElsewhereSaid = true
    const what = `partition ${partition} of ${topic} is not in ${this.path}`
    this.options.onWarning?.(`${what}: it, and others that are elsewhere, count as empty`)
  }
}

/** Throws `NotFoundError` for a number that the topic does not have. */
export function refuseUnknownPartition({ name, partitionCount }: Topic, partition: number): void {
  if (partition >= 0 && partition < partitionCount) return
  throw missingPartition(name, partition, partitionCount)
}
