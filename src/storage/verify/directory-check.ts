import { CorruptSegmentError, NotFoundError, UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import type { Random } from '../../base/random.ts'
import type { FileSystem, OpenFile } from '../../disk/file-system.ts'
import { hasCleanShutdownMarker } from '../clean-shutdown-marker.ts'
import { directoryOwner, type DirectoryOwner, lockAgainstKafka, refuseUnreadable } from '../directory-ownership.ts'
import {
  META_PROPERTIES,
  METADATA_TOPIC,
  parseLogDirectoryName,
  partitionDirectoryName,
  TEMPORARY_SUFFIX,
  TOPICS_FILE,
  TOPICS_LOCK,
  type TopicPartition,
} from '../file-names.ts'
import { readMetaProperties } from '../meta-properties.ts'
import {
  OFFSET_CHECKPOINTS,
  type OffsetCheckpointName,
  type OffsetMap,
  readOffsetCheckpoint,
} from '../offset-checkpoints.ts'
import { PartitionDirectories } from '../partition-directories.ts'
import { type CatalogTopic, type CatalogTopics, TopicCatalog } from '../topic-catalog.ts'
import { resolveTopicConfig, type TopicConfig } from '../topic-configs.ts'
import { type Finding, FindingList } from './finding.ts'
import { type PartitionPlan, type PartitionPlanOptions, planPartition } from './partition-plan.ts'
import { whileQuiet } from './quiet-look.ts'

export interface DirectoryCheckOptions {
  readonly fileSystem: FileSystem
  readonly random: Random
  /** The log directory. */
  readonly path: string
}

/** More findings of the top level are counted only. */
const findingsMax = 10_000

/**
 * A log directory that is being verified: what its own files and names say, and the partitions in it. Nothing is touched, and a broken catalog
 * or checkpoint is a finding, not an error.
 */
export class DirectoryCheck {
  readonly #options: DirectoryCheckOptions
  readonly #owner: DirectoryOwner
  readonly #lock: OpenFile | undefined
  readonly #findings = new FindingList(findingsMax)
  readonly #catalog: CatalogTopics | undefined
  readonly #partitions: readonly TopicPartition[]
  readonly #checkpoints: Readonly<Record<OffsetCheckpointName, OffsetMap>>
  readonly #wasClosed: boolean

  /**
   * Throws `NotFoundError` when the directory is missing, `RefusedError` when it is no log or of a newer tslog, `LockedError` while a Kafka broker
   * holds it.
   */
  constructor(options: DirectoryCheckOptions) {
    const { fileSystem, path } = options
    this.#options = options
    this.#owner = directoryOwner(fileSystem, path)
    refuseUnreadable(path, this.#owner)
    this.#lock = lockAgainstKafka(fileSystem, path, 'read')
    this.#wasClosed = hasCleanShutdownMarker(fileSystem, path)
    const { catalog, partitions } = whileQuiet(fileSystem, `${path}/${TOPICS_LOCK}`, () => {
      const read = this.#readCatalog()
      return { catalog: read, partitions: this.#listPartitions(read) }
    })
    this.#catalog = catalog
    this.#partitions = partitions
    this.#checkIdentity()
    this.#checkpoints = this.#readCheckpoints()
    this.#checkNames()
    this.#checkCatalog()
  }

  /** What the top level of the directory came to. */
  get findings(): readonly Finding[] {
    return this.#findings.findings
  }

  /** The partitions that have a directory, of these topics, or of all; sorted. Throws `NotFoundError` for a topic that is not there. */
  partitions(topics: readonly string[]): TopicPartition[] {
    for (const topic of topics) this.#refuseUnknown(topic)
    return this.#partitions.filter(({ topic }) => topics.length === 0 || topics.includes(topic))
  }

  /** How many partitions a topic has, by the catalog or its directories. */
  partitionCount(topic: string): number {
    const numbers = this.#partitions.filter((one) => one.topic === topic).map(({ partition }) => partition + 1)
    return this.#catalog?.get(topic)?.partitionCount ?? Math.max(0, ...numbers)
  }

  /** What is to be looked at in a partition. Throws `NotFoundError` when it is gone. */
  plan(partition: TopicPartition, { isDeep }: { readonly isDeep: boolean }): PartitionPlan {
    return planPartition(this.planOptions(partition, isDeep))
  }

  /** What of the directory bears on the plan of a partition. */
  planOptions(partition: TopicPartition, isDeep: boolean): PartitionPlanOptions {
    const { fileSystem, path: logDirectory } = this.#options
    const topic = this.#catalog?.get(partition.topic)
    const config = topic && this.#configOf(partition.topic, topic)
    return {
      ...partition,
      fileSystem,
      logDirectory,
      checkpoints: this.#checkpoints,
      wasClosed: this.#wasClosed,
      isCompacted: config?.cleanupPolicy.includes('compact') ?? false,
      indexIntervalBytes: config?.indexIntervalBytes,
      topicId: topic?.id,
      isDeep,
    }
  }

  close(): void {
    this.#lock?.close()
  }

  #readCatalog(): CatalogTopics | undefined {
    const { fileSystem, path } = this.#options
    const catalog = new TopicCatalog(fileSystem, path)
    try {
      const topics = catalog.read()
      const wasOurs = fileSystem.stat(`${path}/${TOPICS_LOCK}`) !== undefined
      if (topics === undefined && wasOurs && this.#owner !== 'empty') {
        this.#add(catalog.path, 'catalog', 'it is missing: topics have lost their configurations')
      }
      return topics
    } catch (error) {
      this.#add(catalog.path, 'catalog', this.#reasonOf(error))
      return undefined
    }
  }

  #configOf(name: string, { configs }: CatalogTopic): TopicConfig | undefined {
    try {
      return resolveTopicConfig(configs)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const path = `${this.#options.path}/${TOPICS_FILE}`
      const reason = `topic ${name}: ${error.message}`
      if (!this.findings.some((one) => one.reason === reason)) this.#add(path, 'config', reason)
      return undefined
    }
  }

  #checkIdentity(): void {
    const { fileSystem, path } = this.#options
    const file = `${path}/${META_PROPERTIES}`
    try {
      const identity = readMetaProperties(fileSystem, path)
      if (identity === undefined && this.#owner === 'tslog') this.#add(file, 'identity', 'it is missing')
      if (identity?.version === 1 && (identity.clusterId === undefined || identity.nodeId === undefined)) {
        this.#add(file, 'identity', 'it lacks cluster.id or node.id')
      }
    } catch (error) {
      this.#add(file, 'identity', this.#reasonOf(error))
    }
  }

  #readCheckpoints(): Record<OffsetCheckpointName, OffsetMap> {
    const { fileSystem, path } = this.#options
    const read = (name: OffsetCheckpointName): OffsetMap => {
      const { offsets, damage } = readOffsetCheckpoint(fileSystem, path, name)
      if (damage !== undefined) this.#add(`${path}/${name}`, 'checkpoint', damage)
      return offsets
    }
    return Object.fromEntries(OFFSET_CHECKPOINTS.map((name) => [name, read(name)])) as Record<
      OffsetCheckpointName,
      OffsetMap
    >
  }

  /** Kafka takes every directory for a partition, and does not start when the name is none. */
  #checkNames(): void {
    const { fileSystem, path } = this.#options
    for (const { name, kind } of fileSystem.list(path) ?? []) {
      const found = kind === 'directory' ? directoryNameFinding(name) : fileNameFinding(name)
      if (found !== undefined) this.#findings.addFile(`${path}/${name}`, found)
    }
  }

  #listPartitions(catalog: CatalogTopics | undefined): TopicPartition[] {
    const directories = new PartitionDirectories({ ...this.#options, lockWaitMs: 0 })
    return [...directories.list(catalog), ...this.#metadataLog()].sort((one, other) =>
      one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
    )
  }

  /** Where the controllers of Kafka keep theirs: no topic, but a log like any other. */
  #metadataLog(): TopicPartition[] {
    const log = { topic: METADATA_TOPIC, partition: 0 }
    const facts = this.#options.fileSystem.stat(`${this.#options.path}/${partitionDirectoryName(log)}`)
    return facts?.kind === 'directory' ? [log] : []
  }

  #checkCatalog(): void {
    const catalog = this.#catalog
    if (catalog === undefined) return
    const { path } = this.#options
    const there = new Set(this.#partitions.map(partitionDirectoryName))
    for (const name of [...catalog].flatMap(directoriesOf)) {
      if (!there.has(name)) this.#add(`${path}/${name}`, 'catalog', `it is missing, and ${TOPICS_FILE} has it`)
    }
    for (const partition of this.#partitions) {
      if (partition.topic === METADATA_TOPIC) continue
      if (partition.partition < (catalog.get(partition.topic)?.partitionCount ?? 0)) continue
      // A broker made it, or somebody put it there: it is read all the same.
      const note = { severity: 'note', kind: 'catalog', reason: `${TOPICS_FILE} does not have it` } as const
      this.#findings.addFile(`${path}/${partitionDirectoryName(partition)}`, note)
    }
  }

  /** What reading a small file came to; a disk that fails, or a newer tslog, is no finding. */
  #reasonOf(error: unknown): string {
    if (error instanceof CorruptSegmentError) return error.message.slice(error.message.indexOf(': ') + 2)
    throw error
  }

  #add(path: string, kind: Finding['kind'], reason: string): void {
    this.#findings.addFile(path, { severity: 'damage', kind, reason })
  }

  #refuseUnknown(topic: string): void {
    const names = new Set([...(this.#catalog?.keys() ?? []), ...this.#partitions.map((one) => one.topic)])
    if (names.has(topic)) return
    const near = nearest(topic, [...names])
    throw new NotFoundError(`topic ${JSON.stringify(topic)} is not in ${this.#options.path}`, {
      hint: near === undefined ? 'tslog topics list shows what is there' : `did you mean ${near}?`,
    })
  }
}

function directoryNameFinding(name: string): Pick<Finding, 'severity' | 'kind' | 'reason'> | undefined {
  const parsed = parseLogDirectoryName(name)
  switch (parsed.kind) {
    case 'partition':
    case 'reserved':
      return undefined
    case 'delete':
      return { severity: 'note', kind: 'leftover', reason: 'a partition that was deleted and waits to be removed' }
    case 'future':
    case 'stray':
      return { severity: 'note', kind: 'leftover', reason: `a partition that Kafka has set aside (${parsed.kind})` }
    case 'invalid':
      return {
        severity: 'damage',
        kind: 'name',
        reason: `Kafka would not start with a directory of that name: ${parsed.reason}`,
      }
  }
}

function fileNameFinding(name: string): Pick<Finding, 'severity' | 'kind' | 'reason'> | undefined {
  if (name.endsWith(TEMPORARY_SUFFIX)) {
    return { severity: 'note', kind: 'leftover', reason: 'it was being written when its writer was killed' }
  }
  if (!name.endsWith('.corrupt')) return undefined
  return { severity: 'note', kind: 'leftover', reason: 'a damaged file, kept when it was made anew' }
}

/** The partitions that a topic of the catalog has here. */
function directoriesOf([topic, { partitionCount, elsewhere = [] }]: [string, CatalogTopic]): string[] {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
  return partitions
    .filter((partition) => !elsewhere.includes(partition))
    .map((partition) => partitionDirectoryName({ topic, partition }))
}
