import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Uuid } from '../../base/uuid.ts'
import type { GroupCoordinatorConfig } from '../../coordinator/group-coordinator-config.ts'
import { partitionFor } from '../../coordinator/group-partition.ts'
import type { GroupShard } from '../../coordinator/group-shard.ts'
import type { GroupStep } from '../../coordinator/group-step.ts'
import { GROUPS_TOPIC, groupsTopicDefaults } from '../../coordinator/groups-topic.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { BrokerLog } from '../broker-log.ts'
import type { ClusterControl } from '../cluster-control.ts'
import type { ServedTopic, TopicRegistry } from '../topic-registry.ts'
import { GroupPartition } from './group-partition.ts'

export interface GroupCoordinatorOptions {
  readonly topics: TopicRegistry
  readonly cluster: ClusterControl
  readonly config: GroupCoordinatorConfig
  readonly clock: Clock
  readonly random: Random
  readonly elapsedMs: () => number
  readonly events: BrokerLog
}

/** The groups of this broker: a coordinator for each partition of `__consumer_offsets`, which is made when it is first needed. */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  #partitions: readonly GroupPartition[] = []
  /** Of the topic that the partitions belong to. */
  #topicId: Uuid | undefined
  #making: Promise<unknown> | undefined
  #isClosed = false
  #expiry: ReturnType<typeof setInterval> | undefined

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
  }

  /** Begins to read the groups back, one partition after the other, so that members who died with the last broker are noticed. */
  start(): void {
    this.#loadFrom(0)
    this.#expiry = setInterval(
      () => this.#runOnAll('offsets not expired', (shard, step) => shard.expireOffsets(step)),
      this.#options.config.offsetsRetentionCheckIntervalMs,
    )
  }

  /** Who waits for a group is told to look for another coordinator. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#expiry)
    for (const partition of this.#partitions) partition.close()
    this.#partitions = []
  }

  /** Where the group lives; `undefined` while there are no groups at all. */
  find(groupId: string): GroupPartition | undefined {
    const partitions = this.all()
    return partitions[partitionFor(groupId, Math.max(partitions.length, 1))]
  }

  /** Where the group lives, or is to live. */
  async of(groupId: string): Promise<GroupPartition> {
    for (;;) {
      if (this.#isClosed) throw new KafkaError(ErrorCode.NOT_COORDINATOR)
      const found = this.find(groupId)
      if (found !== undefined) return found
      const { cluster } = this.#options
      this.#making ??= cluster.createTopic({ name: GROUPS_TOPIC, ...groupsTopicDefaults }).finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
  }

  /** All of them; none before the first group. */
  all(): readonly GroupPartition[] {
    if (this.#isClosed) return []
    const topic = this.#options.topics.find(GROUPS_TOPIC)
    if (
      topic === undefined ||
      topic.image.id !== this.#topicId ||
      topic.partitions.length !== this.#partitions.length
    ) {
      this.#take(topic)
    }
    return this.#partitions
  }

  /** Topics are no more: groups forget their positions in them, as soon as they are read back. */
  topicsDeleted(names: Iterable<string>): void {
    const gone = new Set(names)
    this.#runOnAll('positions not forgotten', (shard, step) => shard.topicsDeleted(gone, step))
  }

  #take(topic: ServedTopic | undefined): void {
    for (const partition of this.#partitions) partition.close()
    this.#topicId = topic?.image.id
    this.#partitions = (topic?.partitions ?? []).map((_, partition) => this.#partition(partition))
  }

  #partition(partition: number): GroupPartition {
    const { topics, config, clock, random, elapsedMs, events } = this.#options
    return new GroupPartition({
      name: `${GROUPS_TOPIC}-${partition}`,
      log: () => topics.partition(GROUPS_TOPIC, partition),
      config: () => ({
        ...config,
        recordBytesMax: topics.find(GROUPS_TOPIC)?.config.maxMessageBytes ?? config.recordBytesMax,
      }),
      clock,
      random,
      elapsedMs,
      events,
    })
  }

  /** One at a turn: requests come in between. */
  #loadFrom(partition: number): void {
    const one = this.all()[partition]
    if (one === undefined) return
    one.load()
    setImmediate(() => this.#loadFrom(partition + 1))
  }

  /** What fails is done the next time, or not at all: nobody waits for it. */
  #runOnAll(failure: string, call: (shard: GroupShard, step: GroupStep) => void): void {
    for (const partition of this.all()) {
      if (!partition.isLoaded) continue
      partition.run('', call).catch((error: unknown) => this.#options.events.warn(failure, { reason: String(error) }))
    }
  }
}
