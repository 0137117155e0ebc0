import { assert } from '../base/assert.ts'
import type { Offset } from '../base/brands.ts'
import { DiskError, NotFoundError, UsageError } from '../base/errors.ts'
import { randomUuid, type Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { hasCleanShutdownMarker, setCleanShutdownMarkerAside } from './clean-shutdown-marker.ts'
import { directoryOwner, lockAgainstKafka, refuseUnwritable } from './directory-ownership.ts'
import { toTopic } from './directory-topics.ts'
import {
  META_PROPERTIES,
  METADATA_TOPIC,
  partitionDirectoryName,
  type TopicPartition,
  validateTopicName,
} from './file-names.ts'
import { createMetaProperties } from './meta-properties.ts'
import { mergeOffsetCheckpoint, mergeWhereRoomIs } from './offset-checkpoints.ts'
import { PartitionLog } from './partition-log.ts'
import type { PartitionLogOptions } from './partition-options.ts'
import {
  type LogDirectoryOptions,
  ReadableLogDirectory,
  refuseUnknownPartition,
  type Topic,
} from './readable-log-directory.ts'
import { jitterMs } from './roll-policy.ts'
import { deleteOldSegments } from './segment-deletion.ts'
import { type CatalogTopic, refuseCollision } from './topic-catalog.ts'
import { resolveTopicConfig, type TopicConfig, type TopicConfigTexts } from './topic-configs.ts'

export type { LogDirectoryOptions, Topic }

/** What a new topic is to be. */
export interface NewTopic {
  readonly name: string
  readonly partitionCount: number
  readonly configs: TopicConfigTexts
  /** Of the topic that it is a copy of; a new one by default. */
  readonly id?: Uuid
}

/** A directory of topics: finds, makes, changes and deletes them, and opens their partitions. */
export class LogDirectory extends ReadableLogDirectory {
  readonly #logs = new Map<string, PartitionLog>()
  #isWritable = false
  /** Kafka was told that the directory may not be in order any more. */
  #isUnclean = false

  /** As for `ReadableLogDirectory`. */
  static override openToRead(options: LogDirectoryOptions): LogDirectory {
    const directory = new LogDirectory(options)
    directory.beginToRead()
    return directory
  }

  /**
   * Opens a directory to write, making a new one when it is missing or empty. Throws `RefusedError` when it is no log, of a newer tslog, or
   * Kafka's and not to be adopted, `LockedError` while a Kafka broker holds it.
   */
  static openToWrite(options: LogDirectoryOptions): LogDirectory {
    const { fileSystem, path } = options
    const directory = new LogDirectory({ ...options, wasClosedCleanly: hasCleanShutdownMarker(fileSystem, path) })
    const owner = directoryOwner(fileSystem, path)
    const adopter = owner === 'kafka' && options.adopt === true ? options.kafka : undefined
    if (adopter === undefined) refuseUnwritable(path, owner)
    if (owner === 'missing') fileSystem.makeDirectory(path)
    directory.lock = lockAgainstKafka(fileSystem, path, 'write')
    try {
      adopter?.adoptDirectory(options)
      if (fileSystem.stat(`${path}/${META_PROPERTIES}`) === undefined) directory.#begin()
      directory.refresh()
    } catch (error) {
      directory.close()
      throw error
    }
    directory.#isWritable = true
    return directory
  }

  /** The configuration of a topic with all defaults filled in. */
  config(name: string): TopicConfig {
    return resolveTopicConfig(this.findTopic(name)?.configs ?? new Map())
  }

  /**
   * Makes a topic with its partitions, durably; false when another process was first. Throws `UsageError` for a bad name, count
   * or configuration, or a name that Kafka could not tell from an existing one.
   */
  createTopic(topic: NewTopic): boolean {
    assert(this.#isWritable, 'the directory is open for writing')
    validateTopicName(topic.name)
    if (topic.name === METADATA_TOPIC) {
      throw new UsageError(`${METADATA_TOPIC} is what the controllers of a Kafka cluster keep, and no topic`)
    }
    resolveTopicConfig(topic.configs)
    const isMade = this.#create(topic)
    if (isMade !== undefined) return isMade
    this.#finishDeletion(topic.name)
    return this.#create(topic) ?? false
  }

  /** Sets configurations (`null`: back to the default) and may add partitions. */
  alterTopic(name: string, change: { partitionCount?: number; configs: ReadonlyMap<string, string | null> }): Topic {
    assert(this.#isWritable, 'the directory is open for writing')
    return this.#update((topics) => {
      const { configs: before, partitionCount, id, elsewhere } = this.topic(name)
      const configs = new Map(before)
      for (const [key, value] of change.configs) {
        if (value === null) configs.delete(key)
        else configs.set(key, value)
      }
      resolveTopicConfig(configs)
      const wanted = change.partitionCount ?? partitionCount
      if (wanted < partitionCount) {
        throw new UsageError(`topic ${name} has ${partitionCount} partitions; their number can only grow`, {
          hint: `--partitions ${partitionCount} or more`,
        })
      }
      const topicId = id ?? randomUuid(this.options.random)
      this.#noteUnclean()
      const here = partitionsOf(name, wanted).filter(({ partition }) => !elsewhere.includes(partition))
      this.directories.make(here, topicId)
      const createdMs = topics.get(name)?.createdMs ?? this.options.clock.now()
      const altered = { id: topicId, partitionCount: wanted, configs, createdMs, elsewhere }
      topics.set(name, altered)
      return toTopic(name, altered)
    })
  }

  /**
   * Deletes a topic and all its records. Whoever has it open for writing is told; open readers end. The catalog comes last: on a full disk
   * the records must go before there is room for it. Killed before that, the deletion can be done again, and so can the creation.
   */
  deleteTopic(name: string): void {
    assert(this.#isWritable, 'the directory is open for writing')
    this.#update((topics) => {
      const topic = this.topic(name)
      const partitions = this.directories.of(name)
      for (const partition of partitions) this.#markDeleted(partition, topic)
      for (const partition of partitions) this.#removePartition(partition)
      this.directories.finishDeletion(name)
      topics.delete(name)
    })
  }

  /** Moves the log start offset of a partition forward, durably, and drops segments below it. Returns where it is now. */
  trim(partition: TopicPartition, before: Offset): Offset {
    const moved = this.openLog(partition).advanceLogStart(before)
    const changes = new Map([[partitionDirectoryName(partition), moved]])
    const { fileSystem, lockWaitMs: waitMs } = this.options
    const starts = { changes, waitMs, onlyForward: true }
    const hadRoom = mergeWhereRoomIs(fileSystem, this.path, 'log-start-offset-checkpoint', starts)
    // At once: who trims may be in need of the room.
    const { failure } = deleteOldSegments(this.openLog(partition), fileSystem, 0)
    if (!hadRoom) mergeOffsetCheckpoint(fileSystem, this.path, 'log-start-offset-checkpoint', starts)
    if (failure !== undefined) throw failure
    return moved
  }

  /** Closes the log of a partition, if it is open. */
  closeLog(partition: TopicPartition): void {
    const key = partitionDirectoryName(partition)
    this.#logs.get(key)?.close()
    this.#logs.delete(key)
  }

  /**
   * The log of a partition, for writing; opened once and kept. Throws `NotFoundError` when there is none, also when another process
   * deleted it since.
   */
  openLog(partition: TopicPartition): PartitionLog {
    assert(this.#isWritable, 'the directory is open for writing')
    const known = this.#logs.get(partitionDirectoryName(partition))
    if (known !== undefined) return known
    const topic = this.topic(partition.topic)
    refuseUnknownPartition(topic, partition.partition)
    refuseElsewhere(topic, partition.partition)
    if (!this.directories.has(partition)) this.#makeMissing(partition)
    return this.#openLog(partition, this.topic(partition.topic))
  }

  /** What the log of a partition is opened with, for who opens it in another way. Kafka is told that the directory may not be in order. */
  logOptions(partition: TopicPartition): PartitionLogOptions {
    this.#noteUnclean()
    return this.#logOptions(partition, this.topic(partition.topic))
  }

  override close(): void {
    for (const log of this.#logs.values()) log.close()
    this.#logs.clear()
    // Whoever is late writes nothing any more: the directory may be another's by now, or marked as closed in order.
    this.#isWritable = false
    super.close()
  }

  /** The catalog comes first: what has only `meta.properties` is Kafka's. Others may do the same at this moment. */
  #begin(): void {
    const { fileSystem, path, clock, random, lockWaitMs } = this.options
    syncName(fileSystem, path)
    this.catalog.update(() => undefined, lockWaitMs)
    const identity = { clusterId: randomUuid(random), nodeId: 1, directoryId: randomUuid(random) }
    this.catalog.update(() => void createMetaProperties(fileSystem, path, identity, clock.now()), lockWaitMs)
  }

  /** Gives `change` the topics as they are now, under their lock; here too they are known so while it runs. */
  #update<T>(change: (topics: Map<string, CatalogTopic>) => T): T {
    const result = this.catalog.update((topics) => {
      this.known.assume(new Map(topics))
      return change(topics)
    }, this.options.lockWaitMs)
    this.refresh()
    return result
  }

  /** Before the first change: a crash of ours must be seen by Kafka as unclean. */
  #noteUnclean(): void {
    if (this.#isUnclean) return
    setCleanShutdownMarkerAside(this.options.fileSystem, this.path)
    this.#isUnclean = true
  }

  /** What this process knew of the topics may be old: only they say whether the directory is to be made. */
  #makeMissing(partition: TopicPartition): void {
    this.#update(() => {
      const topic = this.topic(partition.topic)
      refuseUnknownPartition(topic, partition.partition)
      this.#noteUnclean()
      this.directories.finishDeletion(topic.name)
      this.directories.make([partition], topic.id ?? randomUuid(this.options.random))
    })
  }

  #openLog(partition: TopicPartition, topic: Topic): PartitionLog {
    this.#noteUnclean()
    this.directories.identify(partition, topic.id ?? randomUuid(this.options.random))
    const log = new PartitionLog(this.#logOptions(partition, topic))
    this.#logs.set(partitionDirectoryName(partition), log)
    return log
  }

  #logOptions(partition: TopicPartition, topic: Topic): PartitionLogOptions {
    const config = resolveTopicConfig(topic.configs)
    const segmentMs = config.segmentMs - jitterMs(config.segmentJitterMs, this.options.random)
    return { ...this.options, ...partition, logDirectory: this.path, config: { ...config, segmentMs } }
  }

  #markDeleted(partition: TopicPartition, topic: Topic): void {
    try {
      const log = this.#logs.get(partitionDirectoryName(partition)) ?? this.#openLog(partition, topic)
      log.markDeleted()
    } catch (error) {
      // A deletion that was killed has marked it already.
      if (!(error instanceof NotFoundError)) throw error
    }
  }

  /** `undefined`, and nothing happens, when there is one whose deletion was killed. */
  #create(topic: NewTopic): boolean | undefined {
    return this.#update((topics) => {
      const known = topics.get(topic.name)
      if (known !== undefined) return this.directories.isDeletionUnfinished(topic.name, known) ? undefined : false
      refuseCollision(topic.name, topics)
      topics.set(topic.name, this.#makePartitions(topic))
      return true
    })
  }

  /** Takes a topic out of the catalog whose deletion was killed: first of all, since one that is made anew has another id. */
  #finishDeletion(name: string): void {
    this.#update((topics) => {
      const known = topics.get(name)
      if (known === undefined || !this.directories.isDeletionUnfinished(name, known)) return
      for (const partition of this.directories.of(name)) this.#removePartition(partition)
      topics.delete(name)
    })
  }

  #removePartition(partition: TopicPartition): void {
    this.#noteUnclean()
    this.closeLog(partition)
    this.directories.remove(partition)
  }

  #makePartitions({ name, partitionCount, configs, id: given }: NewTopic): CatalogTopic {
    this.#noteUnclean()
    this.directories.finishDeletion(name)
    // A creation that was killed left directories: they, and the id in them, are taken as they are.
    const id = given ?? this.directories.topicIdOf(name) ?? randomUuid(this.options.random)
    this.directories.make(partitionsOf(name, partitionCount), id)
    return { id, partitionCount, configs: new Map(configs), createdMs: this.options.clock.now() }
  }
}

/** Makes the name of a directory durable: who made it may have been killed before that. Where its parent may not be opened there is nothing to be done. */
function syncName(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.syncDirectory(`${path}/..`)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'EACCES')) throw error
  }
}

function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}

function refuseElsewhere({ name, partitionCount, elsewhere }: Topic, partition: number): void {
  if (!elsewhere.includes(partition)) return
  const here = Array.from({ length: partitionCount }, (_, one) => one).filter((one) => !elsewhere.includes(one))
  throw new NotFoundError(`partition ${partition} of ${name} is kept by another log directory or broker of Kafka's`, {
    hint: `those here are ${here.join(', ')}: -p ${here[0] ?? 0}`,
  })
}
