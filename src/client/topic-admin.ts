import type { Offset } from '../base/brands.ts'
import { NO_UUID, type Uuid } from '../base/uuid.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { createPartitionsApi } from '../protocol/messages/create-partitions.ts'
import { createTopicsApi, type CreateTopicsRequest } from '../protocol/messages/create-topics.ts'
import { deleteRecordsApi } from '../protocol/messages/delete-records.ts'
import { deleteTopicsApi } from '../protocol/messages/delete-topics.ts'
import { describeConfigsApi, type DescribeConfigsResponse } from '../protocol/messages/describe-configs.ts'
import { describeLogDirsApi } from '../protocol/messages/describe-log-dirs.ts'
import { incrementalAlterConfigsApi } from '../protocol/messages/incremental-alter-configs.ts'
import type { MetadataResponse } from '../protocol/messages/metadata.ts'
import { answerOf, throwIfError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

/** A topic as its brokers tell it. */
export interface BrokerTopic {
  readonly name: string
  /** Undefined from brokers that have none. */
  readonly id: Uuid | undefined
  readonly partitionCount: number
  readonly isInternal: boolean
}

/** The value of a configuration, and whether it was set for the topic itself. */
export interface BrokerConfig {
  readonly value: string
  readonly isSet: boolean
}

export interface TopicToCreate {
  readonly name: string
  readonly partitionCount: number
  readonly configs: ReadonlyMap<string, string>
}

/** How long brokers may take to do what was asked, in ms. */
const timeoutMs = 30_000

const topicResource = 2

/** Topics, their configurations and sizes, by the admin requests of the protocol. Every method throws what the user is to hear. */
export class TopicAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** All topics, sorted by name. */
  async topics(): Promise<BrokerTopic[]> {
    const { topics } = await this.#cluster.retrying(() => this.#cluster.metadata('all'))
    return topics.map(toTopic).sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** A topic, or undefined when there is none of that name. */
  async findTopic(name: string): Promise<BrokerTopic | undefined> {
    return this.#cluster.retrying(async () => {
      const [found] = (await this.#cluster.metadata([name])).topics
      if (found === undefined || isMissing(found.errorCode)) return undefined
      throwIfError(found.errorCode, `look up topic ${name}`)
      return toTopic(found)
    })
  }

  /** The configurations of topics by name; nothing of a topic that is gone. */
  async configs(names: readonly string[]): Promise<Map<string, Map<string, BrokerConfig>>> {
    if (names.length === 0) return new Map()
    const resources = names.map((resourceName) => ({
      resourceType: topicResource,
      resourceName,
      configurationKeys: null,
    }))
    const request = { resources, includeSynonyms: false, includeDocumentation: false }
    const { results } = await this.#cluster.retrying(async () =>
      (await this.#cluster.any()).request(describeConfigsApi, request),
    )
    return new Map(results.map((result) => [result.resourceName, configsOf(result)]))
  }

  /** What the brokers would make of a topic whose creator leaves the rest to them; undefined when they do not tell us. Nothing is made. */
  async defaultsFor(
    name: string,
    configs: ReadonlyMap<string, string>,
  ): Promise<Omit<TopicToCreate, 'name'> | undefined> {
    const topic = topicRequest({ name, partitionCount: -1, configs })
    return this.#cluster.retrying(async () => {
      const controller = await this.#cluster.controller()
      const request = { topics: [topic], timeoutMs, validateOnly: true }
      const { topics } = await controller.request(createTopicsApi, request, { waitMs: timeoutMs })
      const partitionCount = topics[0]?.numPartitions ?? 0
      if (partitionCount < 1) return undefined
      const told = (topics[0]?.configs ?? []).flatMap((one) =>
        one.value === null ? [] : [[one.name, one.value] as const],
      )
      return { partitionCount, configs: new Map(told) }
    })
  }

  /** False when there was a topic of that name already. */
  async create(wanted: TopicToCreate): Promise<boolean> {
    const { name } = wanted
    const topic = topicRequest(wanted)
    return this.#cluster.retrying(async () => {
      const controller = await this.#cluster.controller()
      const request = { topics: [topic], timeoutMs, validateOnly: false }
      const { topics } = await controller.request(createTopicsApi, request, { waitMs: timeoutMs })
      if (topics[0]?.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return false
      answerOf(topics, `create topic ${name}`)
      await this.#untilThere(name)
      return true
    })
  }

  /** Raises the number of partitions to `count`. */
  async addPartitions(name: string, count: number): Promise<void> {
    const request = { topics: [{ name, count, assignments: null }], timeoutMs, validateOnly: false }
    await this.#cluster.retrying(async () => {
      const { results } = await (
        await this.#cluster.controller()
      ).request(createPartitionsApi, request, { waitMs: timeoutMs })
      answerOf(results, `add partitions to topic ${name}`)
    })
    this.#cluster.forget()
  }

  /** Sets configurations of a topic; null goes back to the default. */
  async alterConfigs(name: string, changes: ReadonlyMap<string, string | null>): Promise<void> {
    const configs = [...changes].map(([key, value]) => ({ name: key, configOperation: value === null ? 1 : 0, value }))
    const resources = [{ resourceType: topicResource, resourceName: name, configs }]
    await this.#cluster.retrying(async () => {
      const controller = await this.#cluster.controller()
      const { responses } = await controller.request(incrementalAlterConfigsApi, { resources, validateOnly: false })
      answerOf(responses, `configure topic ${name}`)
    })
  }

  async delete(name: string): Promise<void> {
    const request = { topics: [{ name, topicId: NO_UUID }], topicNames: [name], timeoutMs }
    await this.#cluster.retrying(async () => {
      const { responses } = await (
        await this.#cluster.controller()
      ).request(deleteTopicsApi, request, { waitMs: timeoutMs })
      answerOf(responses, `delete topic ${name}`)
    })
    this.#cluster.forget()
  }

  /** Moves the log start offset of a partition forward; returns where it is now. */
  async deleteRecords(where: { topic: string; partition: number }, before: Offset): Promise<Offset> {
    const partitions = [{ partitionIndex: where.partition, offset: before }]
    const request = { topics: [{ name: where.topic, partitions }], timeoutMs }
    return this.#cluster.retrying(async () => {
      const leader = await this.#cluster.leader(where)
      const [topic] = (await leader.request(deleteRecordsApi, request, { waitMs: timeoutMs })).topics
      return answerOf(topic?.partitions, `delete records of ${where.topic}-${where.partition}`).lowWatermark
    })
  }

  /** Bytes of the log of a partition on its leader; 0 when nobody can tell. */
  async sizeOf(where: { topic: string; partition: number }): Promise<number> {
    const request = { topics: [{ topic: where.topic, partitions: [where.partition] }] }
    return this.#cluster.retrying(async () => {
      const { results } = await (await this.#cluster.leader(where)).request(describeLogDirsApi, request)
      const rows = results.flatMap(({ topics }) => topics).filter(({ name }) => name === where.topic)
      const found = rows.flatMap(({ partitions }) => partitions).find((one) => one.partitionIndex === where.partition)
      return Number(found?.partitionSize ?? 0n)
    })
  }

  /** A controller answers before each broker knows of the topic. */
  async #untilThere(name: string): Promise<void> {
    await this.#cluster.retrying(async () => {
      const what = `find the new topic ${name}`
      const { partitions } = answerOf((await this.#cluster.metadata([name])).topics, what)
      for (const { errorCode } of partitions) throwIfError(errorCode, what)
    })
  }
}

function topicRequest({ name, partitionCount, configs }: TopicToCreate): CreateTopicsRequest['topics'][number] {
  return {
    name,
    numPartitions: partitionCount,
    // The broker's own default, where it has one.
    replicationFactor: -1,
    assignments: [],
    configs: [...configs].map(([key, value]) => ({ name: key, value })),
  }
}

function toTopic({ name, topicId, partitions, isInternal }: MetadataResponse['topics'][number]): BrokerTopic {
  const id = topicId === NO_UUID ? undefined : topicId
  return { name: name ?? '', id, partitionCount: partitions.length, isInternal }
}

function isMissing(errorCode: number): boolean {
  return errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION
}

/** DYNAMIC_TOPIC_CONFIG of Kafka's `ConfigSource`. */
const ofTheTopic = 1

function configsOf({ configs }: DescribeConfigsResponse['results'][number]): Map<string, BrokerConfig> {
  return new Map(
    configs.map(({ name, value, configSource, isDefault }) => [
      name,
      { value: value ?? '', isSet: configSource === -1 ? !isDefault : configSource === ofTheTopic },
    ]),
  )
}
