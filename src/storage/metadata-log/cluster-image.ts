import type { Uuid } from '../../base/uuid.ts'
import { abortTransactionRecord, beginTransactionRecord, endTransactionRecord } from './log-records.ts'
import { type MetadataFrame, readMetadataFrame, readMetadataMessage } from './metadata-frame.ts'
import { configRecord, partitionRecord, removeTopicRecord, topicRecord } from './topic-records.ts'

/** A topic as the controllers of a cluster know it. */
export interface MetadataTopic {
  readonly id: Uuid
  readonly partitionCount: number
  /** What was set for the topic itself. */
  readonly configs: ReadonlyMap<string, string>
}

/** Of all records of the metadata log those that this image is made from; Kafka's `apiKey`. */
const recordType = {
  topic: 2,
  partition: 3,
  config: 4,
  removeTopic: 9,
  beginTransaction: 23,
  endTransaction: 24,
  abortTransaction: 25,
} as const

const resourceType = { topic: 2, broker: 4 } as const

/** Topics with their configurations, and the dynamic configurations of brokers: what the records of the metadata log add up to. */
export class ClusterImage {
  readonly #names = new Map<Uuid, string>()
  readonly #partitionCounts = new Map<string, number>()
  readonly #ids = new Map<string, Uuid>()
  /** By resource type and name. */
  readonly #configs = new Map<string, Map<string, string>>()
  /** The records of a transaction that has not ended. */
  #pending: MetadataFrame[] | undefined

  /**
   * Takes in the value of the next data record. Throws `MalformedMessageError` for one that cannot be read, also when only a later Kafka
   * writes it so; records about other things are passed over.
   */
  replay(value: Uint8Array): void {
    const frame = readMetadataFrame(value)
    if (this.#isTransactionBorder(frame)) return
    if (this.#pending === undefined) this.#apply(frame)
    // The bytes are a view of memory that the reader uses again.
    else if (isOurs(frame.type)) this.#pending.push(readMetadataFrame(value.slice()))
  }

  /** By name. */
  topics(): Map<string, MetadataTopic> {
    const topics = new Map<string, MetadataTopic>()
    for (const [name, id] of this.#ids) {
      const partitionCount = Math.max(1, this.#partitionCounts.get(name) ?? 1)
      topics.set(name, { id, partitionCount, configs: this.#configsOf(resourceType.topic, name) })
    }
    return topics
  }

  /** The dynamic configuration of one broker, over that of all brokers. */
  brokerConfigs(nodeId: number | undefined): ReadonlyMap<string, string> {
    const ofAll = this.#configsOf(resourceType.broker, '')
    const own = nodeId === undefined ? [] : this.#configsOf(resourceType.broker, String(nodeId))
    return new Map([...ofAll, ...own])
  }

  #isTransactionBorder(frame: MetadataFrame): boolean {
    switch (frame.type) {
      case recordType.beginTransaction:
        readMetadataMessage(beginTransactionRecord, frame)
        this.#pending = []
        return true
      case recordType.endTransaction:
        readMetadataMessage(endTransactionRecord, frame)
        for (const one of this.#pending ?? []) this.#apply(one)
        this.#pending = undefined
        return true
      case recordType.abortTransaction:
        readMetadataMessage(abortTransactionRecord, frame)
        this.#pending = undefined
        return true
      default:
        return false
    }
  }

  #apply(frame: MetadataFrame): void {
    switch (frame.type) {
      case recordType.topic: {
        const { name, topicId } = readMetadataMessage(topicRecord, frame)
        this.#names.set(topicId, name)
        this.#ids.set(name, topicId)
        return
      }
      case recordType.partition: {
        // There is one for each partition, whose numbers have no gaps: counting them cannot be led astray by a huge number.
        this.#addPartition(readMetadataMessage(partitionRecord, frame).topicId)
        return
      }
      case recordType.removeTopic:
        this.#removeTopic(readMetadataMessage(removeTopicRecord, frame).topicId)
        return
      case recordType.config: {
        const record = readMetadataMessage(configRecord, frame)
        this.#configure(`${record.resourceType} ${record.resourceName}`, record.name, record.value)
      }
    }
  }

  #addPartition(topicId: Uuid): void {
    const name = this.#names.get(topicId)
    if (name !== undefined) this.#partitionCounts.set(name, (this.#partitionCounts.get(name) ?? 0) + 1)
  }

  #removeTopic(topicId: Uuid): void {
    const name = this.#names.get(topicId)
    this.#names.delete(topicId)
    if (name === undefined || this.#ids.get(name) !== topicId) return
    this.#ids.delete(name)
    this.#partitionCounts.delete(name)
    this.#configs.delete(`${resourceType.topic} ${name}`)
  }

  #configure(resource: string, name: string, value: string | null): void {
    const configs = this.#configs.get(resource) ?? new Map<string, string>()
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    this.#configs.set(resource, configs)
  }

  #configsOf(type: number, name: string): ReadonlyMap<string, string> {
    return this.#configs.get(`${type} ${name}`) ?? new Map()
  }
}

function isOurs(type: number): boolean {
  return Object.values<number>(recordType).includes(type)
}
