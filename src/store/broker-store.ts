import type { Offset, TimestampMs } from '../base/brands.ts'
import { NotFoundError, UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest-name.ts'
import type { Cluster } from '../client/cluster.ts'
import { Fetcher } from '../client/fetcher.ts'
import { lookUpOffset, SpecialTime } from '../client/offset-lookup.ts'
import type { Acks, Successor } from '../client/partition-sender.ts'
import { Producer } from '../client/producer.ts'
import { type BrokerConfig, type BrokerTopic, TopicAdmin } from '../client/topic-admin.ts'
import type { NewTopic, Topic } from '../storage/log-directory.ts'
import type { TimedOffset } from '../storage/offset-for-time.ts'
import type { PartitionSize } from '../storage/partition-size.ts'
import {
  resolveTopicConfig,
  type TopicConfig,
  topicConfigNames,
  type TopicConfigTexts,
} from '../storage/topic-configs.ts'
import { BrokerAppender } from './broker-appender.ts'
import { BrokerGroups } from './broker-groups.ts'
import { BrokerSource } from './broker-source.ts'
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

export interface BrokerStoreOptions {
  /** How messages name the brokers. */
  readonly name: string
  readonly cluster: Cluster
  readonly acks: Acks
}

/** The log of some brokers as a `LogStore`. */
export class BrokerStore implements LogStore {
  readonly name: string
  readonly groups: GroupStore
  readonly #cluster: Cluster
  readonly #acks: Acks
  readonly #admin: TopicAdmin
  readonly #fetchers = new Map<Isolation, Fetcher>()

  constructor({ name, cluster, acks }: BrokerStoreOptions) {
    this.name = name
    this.groups = new BrokerGroups(cluster)
    this.#cluster = cluster
    this.#acks = acks
    this.#admin = new TopicAdmin(cluster)
  }

  /** Nothing is kept that could be old. */
  async refresh(): Promise<void> {
    return undefined
  }

  async topicNames(): Promise<string[]> {
    return (await this.#admin.topics()).map(({ name }) => name)
  }

  async topics(): Promise<Topic[]> {
    const topics = await this.#admin.topics()
    const configs = await this.#admin.configs(topics.map(({ name }) => name))
    return topics.map((topic) => toTopic(topic, configs.get(topic.name)))
  }

  async topic(name: string): Promise<Topic> {
    const found = await this.findTopic(name)
    if (found !== undefined) return found
    const near = nearest(name, await this.topicNames())
    throw new NotFoundError(`topic ${JSON.stringify(name)} is not on ${this.name}`, {
      hint: near === undefined ? 'tslog topics list shows what is there' : `did you mean ${near}?`,
    })
  }

  async findTopic(name: string): Promise<Topic | undefined> {
    const found = await this.#admin.findTopic(name)
    if (found === undefined) return undefined
    return toTopic(found, (await this.#admin.configs([name])).get(name))
  }

  /** Configurations that only other brokers know are left out. */
  async config(name: string): Promise<TopicConfig> {
    const known = new Set(topicConfigNames())
    const told = (await this.#admin.configs([name])).get(name) ?? new Map<string, BrokerConfig>()
    return resolveTopicConfig(
      new Map([...told].filter(([key]) => known.has(key)).map(([key, one]) => [key, one.value])),
    )
  }

  async defaultsFor(name: string, configs: TopicConfigTexts): Promise<NewTopicDefaults> {
    const told = await this.#admin.defaultsFor(name, configs)
    const known = new Set(topicConfigNames())
    const ofBrokers = [...(told?.configs ?? [])].filter(([key]) => known.has(key))
    return { partitionCount: told?.partitionCount ?? 1, configs: new Map([...ofBrokers, ...configs]) }
  }

  createTopic(topic: NewTopic): Promise<boolean> {
    return this.#admin.create(topic)
  }

  async alterTopic(name: string, { partitionCount, configs }: TopicChange): Promise<Topic> {
    const before = await this.topic(name)
    if (partitionCount !== undefined && partitionCount < before.partitionCount) {
      throw new UsageError(`topic ${name} has ${before.partitionCount} partitions; their number can only grow`, {
        hint: `--partitions ${before.partitionCount} or more`,
      })
    }
    if (configs.size > 0) await this.#admin.alterConfigs(name, configs)
    if (partitionCount !== undefined && partitionCount > before.partitionCount) {
      await this.#admin.addPartitions(name, partitionCount)
    }
    const after = await this.topic(name)
    return { ...after, partitionCount: Math.max(after.partitionCount, partitionCount ?? 0) }
  }

  async deleteTopic(name: string): Promise<void> {
    await this.topic(name)
    await this.#admin.delete(name)
  }

  trim(partition: TopicPartition, before: Offset): Promise<Offset> {
    return this.#admin.deleteRecords(partition, before)
  }

  offsets(partition: TopicPartition): Promise<PartitionOffsets> {
    return this.#bounds(partition, 'read_uncommitted')
  }

  /** How many segments there are, brokers do not tell. */
  async partitionSize(partition: TopicPartition): Promise<PartitionSize> {
    return { segmentCount: undefined, bytes: await this.#admin.sizeOf(partition) }
  }

  offsetForTime(partition: TopicPartition, timestamp: TimestampMs): Promise<TimedOffset | undefined> {
    return lookUpOffset(this.#cluster, { ...partition, timestamp: Math.max(0, timestamp) })
  }

  offsetOfLargestTime(partition: TopicPartition): Promise<TimedOffset | undefined> {
    return lookUpOffset(this.#cluster, { ...partition, timestamp: SpecialTime.largestTimestamp })
  }

  async openSource({ topic, partition }: TopicPartition, isolation: Isolation): Promise<BatchSource> {
    const lookUp = (): Promise<PartitionOffsets> => this.#bounds({ topic, partition }, isolation)
    return new BrokerSource({ topic, partition, isolation, fetcher: this.#fetcher(isolation), lookUp })
  }

  async prepareToWrite(): Promise<void> {
    await this.#cluster.retrying(() => this.#cluster.any(), 0)
  }

  /** `successor` takes batches over when the broker ends, where somebody can. */
  async openAppender(topic: string, successor?: Successor): Promise<BatchAppender> {
    const { partitionCount } = await this.topic(topic)
    const config = await this.config(topic)
    const producer = await Producer.open(this.#cluster, { topic, acks: this.#acks, ...(successor && { successor }) })
    return new BrokerAppender({ topic, partitionCount, config }, producer)
  }

  close(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#cluster.close()
  }

  async #bounds(partition: TopicPartition, isolation: Isolation): Promise<PartitionOffsets> {
    const { topic, partition: number } = partition
    const where = { topic, partition: number, isCommittedOnly: isolation === 'read_committed' }
    const [start, end] = await Promise.all([
      lookUpOffset(this.#cluster, { ...where, timestamp: SpecialTime.logStart }),
      lookUpOffset(this.#cluster, { ...where, timestamp: SpecialTime.logEnd }),
    ])
    if (start === undefined || end === undefined) throw new NotFoundError(`${topic}-${number} has no offsets`)
    return { logStartOffset: start.offset, highWatermark: end.offset }
  }

  #fetcher(isolation: Isolation): Fetcher {
    const known = this.#fetchers.get(isolation)
    const fetcher = known ?? new Fetcher(this.#cluster, { isCommittedOnly: isolation === 'read_committed' })
    this.#fetchers.set(isolation, fetcher)
    return fetcher
  }
}

function toTopic(topic: BrokerTopic, configs: ReadonlyMap<string, BrokerConfig> = new Map()): Topic {
  const texts = (wanted: boolean): Map<string, string> =>
    new Map([...configs].flatMap(([key, { value, isSet }]) => (isSet === wanted ? [[key, value] as const] : [])))
  return { ...topic, configs: texts(true), inherited: texts(false), elsewhere: [] }
}
