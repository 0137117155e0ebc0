import type { Random } from '../base/random.ts'
import { RefusedError } from '../base/errors.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { METADATA_TOPIC, parseLogDirectoryName, partitionDirectoryName, type TopicPartition } from './file-names.ts'
import { mergeOffsetCheckpoint, OFFSET_CHECKPOINTS, readOffsetCheckpoint } from './offset-checkpoints.ts'
import {
  beginPartitionMetadata,
  readPartitionMetadata,
  syncPartitionMetadata,
  writePartitionMetadata,
} from './partition-metadata.ts'
import { removeDeletedDirectories, removePartitionDirectory } from './partition-removal.ts'
import { listSegments } from './segment-list.ts'
import type { CatalogTopic, CatalogTopics } from './topic-catalog.ts'
import { WriteStateFile } from './write-state-file.ts'

export interface PartitionDirectoriesOptions {
  readonly fileSystem: FileSystem
  readonly random: Random
  /** The log directory. */
  readonly path: string
  /** How long to wait for other writers, in ms. */
  readonly lockWaitMs: number
}

/** The directories of partitions within a log directory. What makes or removes one is called under the lock of the topics. */
export class PartitionDirectories {
  readonly #options: PartitionDirectoriesOptions

  constructor(options: PartitionDirectoriesOptions) {
    this.#options = options
  }

  pathOf(partition: TopicPartition): string {
    return `${this.#options.path}/${partitionDirectoryName(partition)}`
  }

  /** Those of topics, in no order, without what a creation that was killed left behind. */
  list(catalog: CatalogTopics | undefined): TopicPartition[] {
    return this.#all().filter((partition) => !this.#isHalfMade(partition, catalog))
  }

  /** All of a topic, in the order of their numbers, however they came there. */
  of(topic: string): TopicPartition[] {
    return this.#all()
      .filter((partition) => partition.topic === topic)
      .sort((one, other) => one.partition - other.partition)
  }

  /** Throws `RefusedError` where something else has its name: a symbolic link would lead out of the log directory. */
  has(partition: TopicPartition): boolean {
    const path = this.pathOf(partition)
    const kind = this.#options.fileSystem.stat(path)?.kind
    if (kind === undefined || kind === 'directory') return kind !== undefined
    throw new RefusedError(`${path} is not a directory of its own`, {
      hint: 'a symbolic link is not followed: mount or move what it leads to',
    })
  }

  /** The id that the first partition of a topic bears that bears one: of others a power cut may have taken it. */
  topicIdOf(topic: string): Uuid | undefined {
    for (const partition of this.of(topic)) {
      const metadata = readPartitionMetadata(this.#options.fileSystem, this.pathOf(partition))
      if (metadata.kind === 'metadata') return metadata.topicId
    }
    return undefined
  }

  /**
   * Makes the directories of partitions that are not there, durably, and gives those without an id the topic's: those are on the disk when a
   * partition is opened first. What checkpoints say of a partition of that name before it is forgotten first.
   */
  make(partitions: readonly TopicPartition[], topicId: Uuid): void {
    const missing = partitions.filter((partition) => !this.has(partition))
    this.#forgetOffsets(missing)
    const { fileSystem, path } = this.#options
    for (const partition of missing) fileSystem.makeDirectory(this.pathOf(partition), false)
    if (missing.length > 0) fileSystem.syncDirectory(path)
    for (const partition of partitions) {
      const directory = this.pathOf(partition)
      const isUnknown = readPartitionMetadata(fileSystem, directory).kind === 'absent'
      if (isUnknown) beginPartitionMetadata(fileSystem, directory, topicId)
    }
  }

  /** Gives a directory that is about to be written the topic's id unless it has one: durable before the first batch, with the names of its segment. */
  identify(partition: TopicPartition, topicId: Uuid): void {
    const { fileSystem, path } = this.#options
    const directory = this.pathOf(partition)
    if (readPartitionMetadata(fileSystem, directory).kind === 'absent') {
      // Who made it may have been killed before its own name was on the disk.
      fileSystem.syncDirectory(path)
      writePartitionMetadata(fileSystem, directory, topicId)
    } else if (listSegments(fileSystem, directory).length === 0) {
      syncPartitionMetadata(fileSystem, directory)
    }
  }

  remove(partition: TopicPartition): void {
    removePartitionDirectory(this.#options, partition)
  }

  /**
   * Whether a deletion of a topic ended half-way: it marks all partitions, removes them, both the first one that is here first, and the catalog last.
   * A directory that is gone without a mark on the others was lost in another way, and they are not to go after it.
   */
  isDeletionUnfinished(topic: string, { partitionCount, elsewhere = [] }: CatalogTopic): boolean {
    let partition = 0
    while (elsewhere.includes(partition)) partition++
    if (partition >= partitionCount) return false
    const first = { topic, partition }
    if (this.has(first)) return this.#isMarkedDeleted(first)
    return this.of(topic).every((partition) => this.#isMarkedDeleted(partition))
  }

  /** Removes the directories of a topic that a deletion had marked, or renamed, when it was cut short. */
  finishDeletion(topic: string): void {
    removeDeletedDirectories(this.#options, topic)
    for (const partition of this.of(topic)) if (this.#isMarkedDeleted(partition)) this.remove(partition)
  }

  #forgetOffsets(partitions: readonly TopicPartition[]): void {
    const { fileSystem, path, lockWaitMs: waitMs } = this.#options
    const changes = new Map(partitions.map((partition) => [partitionDirectoryName(partition), undefined]))
    for (const name of OFFSET_CHECKPOINTS) {
      const { offsets } = readOffsetCheckpoint(fileSystem, path, name)
      // Most have nothing to forget, and need no lock.
      if ([...changes.keys()].some((key) => offsets.has(key))) {
        mergeOffsetCheckpoint(fileSystem, path, name, { changes, waitMs })
      }
    }
  }

  #isMarkedDeleted(partition: TopicPartition): boolean {
    const stateFile = WriteStateFile.find(this.#options.fileSystem, this.pathOf(partition))
    try {
      return stateFile?.read()?.isDeleted === true
    } finally {
      stateFile?.close()
    }
  }

  #all(): TopicPartition[] {
    const found: TopicPartition[] = []
    for (const { name, kind } of this.#options.fileSystem.list(this.#options.path) ?? []) {
      if (kind !== 'directory') continue
      const parsed = parseLogDirectoryName(name)
      if (parsed.kind !== 'partition' || parsed.topic === METADATA_TOPIC) continue
      found.push({ topic: parsed.topic, partition: parsed.partition })
    }
    return found
  }

  /** Whether a creation that was killed left it: not in the catalog yet, and without a segment, as no broker leaves one. */
  #isHalfMade(partition: TopicPartition, catalog: CatalogTopics | undefined): boolean {
    if (catalog === undefined || catalog.has(partition.topic)) return false
    return listSegments(this.#options.fileSystem, this.pathOf(partition)).length === 0
  }
}
