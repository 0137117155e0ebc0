import type { LeaderEpoch } from '../base/brands.ts'
import type { Uuid } from '../base/uuid.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { resolveTopicConfig, type TopicConfig } from '../storage/topic-configs.ts'
import type { ClusterControl, ClusterImage } from './cluster-control.ts'
import { Partition, type PartitionWorld } from './partition.ts'

/** A topic that this broker serves. */
export interface ServedTopic {
  readonly image: ClusterImage
  readonly config: TopicConfig
  /** What commands go by that have the directory: the same whether or not it is served. */
  readonly directoryConfig: TopicConfig
  readonly partitions: Partition[]
}

/** What a topic's own configuration leaves to the broker. */
export interface TopicDefaults {
  readonly messageBytesMax: number
}

/** The topics as clients see them: by name and by id, with their partitions, kept up with what the cluster says. */
export class TopicRegistry {
  readonly #cluster: ClusterControl
  readonly #world: PartitionWorld
  #defaults: TopicDefaults
  readonly #topics = new Map<string, ServedTopic>()
  readonly #byId = new Map<Uuid, ServedTopic>()
  /** The images that `#topics` was made from. */
  #seen: ReadonlyMap<string, ClusterImage> | undefined

  constructor(cluster: ClusterControl, world: PartitionWorld, defaults: TopicDefaults) {
    this.#cluster = cluster
    this.#world = world
    this.#defaults = defaults
  }

  /** All topics, in the order of their names. */
  all(): ServedTopic[] {
    this.refresh()
    return [...this.#topics.values()].sort((one, other) => (one.image.name < other.image.name ? -1 : 1))
  }

  /** A topic, also one that another process has just made. */
  find(name: string): ServedTopic | undefined {
    const known = this.#topics.get(name)
    if (known !== undefined && this.#seen === this.#cluster.topics) return known
    this.refresh()
    return this.#topics.get(name)
  }

  findById(id: Uuid): ServedTopic | undefined {
    const known = this.#byId.get(id)
    if (known !== undefined && this.#seen === this.#cluster.topics) return known
    this.refresh()
    return this.#byId.get(id)
  }

  /** Throws `KafkaError` when there is none. */
  partition(topic: string, partition: number): Partition {
    const found = this.find(topic)?.partitions[partition]
    if (found !== undefined) return found
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no ${topic}-${partition}`)
  }

  /** Partitions that were asked for since the start. */
  *partitions(): Iterable<Partition> {
    for (const { partitions } of this.#topics.values()) yield* partitions
  }

  /** Takes over what the cluster says now. */
  refresh(): void {
    this.#cluster.refresh()
    const images = this.#cluster.topics
    if (this.#seen === images) return
    this.#seen = images
    for (const [name, topic] of this.#topics) if (images.get(name)?.id !== topic.image.id) this.#drop(topic)
    for (const image of images.values()) this.#take(image)
  }

  /** Takes other defaults for what topics leave to the broker. */
  applyDefaults(defaults: TopicDefaults): void {
    this.#defaults = defaults
    for (const [name, topic] of this.#topics) {
      const renewed = { ...topic, ...this.#configsOf(topic.image) }
      this.#topics.set(name, renewed)
      this.#byId.set(topic.image.id, renewed)
    }
  }

  /** Closes the partitions of a topic that is about to be deleted. If it is not, after all, it is there again for the next one who asks. */
  closeTopic(name: string): void {
    const topic = this.#topics.get(name)
    if (topic === undefined) return
    this.#drop(topic)
    this.#seen = undefined
  }

  close(): void {
    for (const topic of this.#topics.values()) {
      for (const partition of topic.partitions) partition.release()
      this.#drop(topic)
    }
  }

  leaderEpochOf(topic: string, partition: number): LeaderEpoch {
    return this.partition(topic, partition).knownLeaderEpoch()
  }

  #take(image: ClusterImage): void {
    const before = this.#topics.get(image.name)
    if (before?.image === image) return
    const partitions = before?.partitions ?? []
    for (let partition = partitions.length; partition < image.partitionCount; partition++) {
      partitions.push(new Partition({ topic: image.name, partition }, this.#world))
    }
    if (before !== undefined && !isSameConfig(before.image, image)) {
      for (const partition of partitions) partition.reconfigure()
    }
    const topic = { image, ...this.#configsOf(image), partitions }
    this.#topics.set(image.name, topic)
    this.#byId.set(image.id, topic)
  }

  #configsOf({ configs }: ClusterImage): Pick<ServedTopic, 'config' | 'directoryConfig'> {
    const directoryConfig = resolveTopicConfig(configs)
    if (configs.has('max.message.bytes')) return { config: directoryConfig, directoryConfig }
    return { config: { ...directoryConfig, maxMessageBytes: this.#defaults.messageBytesMax }, directoryConfig }
  }

  #drop(topic: ServedTopic): void {
    this.#topics.delete(topic.image.name)
    this.#byId.delete(topic.image.id)
    for (const partition of topic.partitions) partition.close()
  }
}

function isSameConfig(one: ClusterImage, other: ClusterImage): boolean {
  if (one.configs.size !== other.configs.size) return false
  return [...one.configs].every(([name, text]) => other.configs.get(name) === text)
}
