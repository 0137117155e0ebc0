import type { TimestampMs } from '../base/brands.ts'
import { UsageError } from '../base/errors.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { topicDefaultsOf } from './broker-defaults.ts'
import { METADATA_TOPIC, parseLogDirectoryName } from './file-names.ts'
import { keptWhole, missingPartitions } from './kept-whole.ts'
import { readMetaProperties } from './meta-properties.ts'
import { readMetadataLog } from './metadata-log/metadata-reader.ts'
import type { MetadataTopic } from './metadata-log/cluster-image.ts'
import { readPartitionMetadata } from './partition-metadata.ts'
import type { CatalogTopic, CatalogTopics } from './topic-catalog.ts'
import { resolveTopicConfig, type TopicConfigTexts } from './topic-configs.ts'

export interface ImportOptions {
  readonly fileSystem: FileSystem
  /** The log directory. */
  readonly path: string
  readonly now: TimestampMs
  /** Gives an id to topics of a time when topics had none; without it they are left out. */
  readonly newId?: () => Uuid
}

/** What Kafka's own files say of the topics of a directory. */
export interface ImportedTopics {
  /** Those with a partition here. */
  readonly topics: CatalogTopics
  /** Topics whose configuration is not known: nothing of them is to be deleted. */
  readonly unknown: readonly string[]
  /** Topics that leave the time of retention to the broker, whose `server.properties` is not in the directory. */
  readonly withoutRetention: readonly string[]
  /** What could not be read, one line each: with any of these, configurations may be wrong. */
  readonly problems: readonly string[]
}

/**
 * Reads topics as Kafka has them: ids, partition counts and configurations from the metadata log where it is in the directory, with the
 * dynamic configuration of its broker filled in. A topic that the log does not know, or knows under another id, gets a configuration
 * that keeps it whole.
 */
export function importTopics({ fileSystem, path, now, newId }: ImportOptions): ImportedTopics {
  const metadata = readMetadata(fileSystem, path)
  const topics = new Map<string, CatalogTopic>()
  const unknown: string[] = []
  for (const [name, here] of topicsHere(fileSystem, path)) {
    const known = metadata.topics.get(name)
    if (known !== undefined && (here.id === undefined || here.id === known.id)) {
      const configs = new Map([...metadata.defaults, ...known.configs])
      topics.set(name, { id: known.id, ...countsOf(here, known.partitionCount), configs, createdMs: now })
      continue
    }
    unknown.push(name)
    const id = here.id ?? newId?.()
    if (id !== undefined) topics.set(name, { id, ...countsOf(here, 0), configs: keptWhole(name), createdMs: now })
  }
  const withoutRetention = [...topics].flatMap(([name, { configs }]) => (dependsOnBroker(configs) ? name : []))
  return { topics, unknown, withoutRetention, problems: [...metadata.problems, ...configProblems(topics)] }
}

interface KnownMetadata {
  readonly topics: ReadonlyMap<string, MetadataTopic>
  /** For every topic that sets nothing else. */
  readonly defaults: TopicConfigTexts
  readonly problems: readonly string[]
}

function readMetadata(fileSystem: FileSystem, path: string): KnownMetadata {
  const read = readMetadataLog(fileSystem, path)
  if (read === undefined) return { topics: new Map(), defaults: new Map(), problems: [] }
  const ofBroker = read.image.brokerConfigs(readMetaProperties(fileSystem, path)?.nodeId)
  return {
    topics: read.image.topics(),
    defaults: topicDefaultsOf(ofBroker),
    problems: read.problems,
  }
}

interface TopicHere {
  id: Uuid | undefined
  readonly partitions: number[]
}

/** At least as many as are here. */
function countsOf({ partitions }: TopicHere, known: number): Pick<CatalogTopic, 'partitionCount' | 'elsewhere'> {
  const partitionCount = partitions.reduce((count, partition) => Math.max(count, partition + 1), known)
  return { partitionCount, elsewhere: missingPartitions(partitions, partitionCount) }
}

function topicsHere(fileSystem: FileSystem, path: string): Map<string, TopicHere> {
  const found = new Map<string, TopicHere>()
  for (const { name, kind } of fileSystem.list(path) ?? []) {
    const parsed = parseLogDirectoryName(name)
    if (kind !== 'directory' || parsed.kind !== 'partition' || parsed.topic === METADATA_TOPIC) continue
    const here = found.get(parsed.topic) ?? { id: undefined, partitions: [] }
    here.id ??= topicIdIn(fileSystem, `${path}/${name}`)
    here.partitions.push(parsed.partition)
    found.set(parsed.topic, here)
  }
  return found
}

function topicIdIn(fileSystem: FileSystem, partitionDirectory: string): Uuid | undefined {
  const read = readPartitionMetadata(fileSystem, partitionDirectory)
  return read.kind === 'metadata' ? read.topicId : undefined
}

function dependsOnBroker(configs: TopicConfigTexts): boolean {
  const policy = configs.get('cleanup.policy') ?? 'delete'
  return !configs.has('retention.ms') && policy.includes('delete')
}

function configProblems(topics: CatalogTopics): string[] {
  const problems: string[] = []
  for (const [name, { configs }] of topics) {
    try {
      resolveTopicConfig(configs)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      problems.push(`topic ${name}: ${error.message}`)
    }
  }
  return problems
}
