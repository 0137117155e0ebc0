import { producerId } from '../base/brands.ts'
import { assert } from '../base/assert.ts'
import { NotFoundError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Uuid } from '../base/uuid.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { TOPICS_FILE } from '../storage/file-names.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import { producerIdBlockSize, takeProducerIds } from '../storage/producer-id-blocks.ts'
import type {
  BrokerEndpoint,
  BrokerId,
  ClusterControl,
  PartitionState,
  ProducerIdBlock,
  TopicAlteration,
  ClusterImage,
  TopicToCreate,
} from './cluster-control.ts'
import type { LeaderEpoch } from '../base/brands.ts'

export interface LocalClusterOptions {
  readonly directory: LogDirectory
  readonly fileSystem: FileSystem
  readonly random: Random
  readonly clusterId: Uuid
  readonly brokerId: BrokerId
  /** The epoch that a partition is led under now. */
  readonly leaderEpochOf: (topic: string, partition: number) => LeaderEpoch
}

/** A cluster of one: this broker leads every partition of its directory, whose catalog other processes may change at any time. */
export class LocalClusterControl implements ClusterControl {
  readonly clusterId: Uuid
  readonly brokerId: BrokerId
  readonly #options: LocalClusterOptions
  #topics: ReadonlyMap<string, ClusterImage> = new Map()
  /** What the catalog looked like when it was last read. */
  #seen = ''

  constructor(options: LocalClusterOptions) {
    this.#options = options
    this.clusterId = options.clusterId
    this.brokerId = options.brokerId
    this.refresh()
  }

  get controllerId(): BrokerId {
    return this.brokerId
  }

  brokers(own: { readonly host: string; readonly port: number }): readonly BrokerEndpoint[] {
    return [{ brokerId: this.brokerId, host: own.host, port: own.port, rack: null }]
  }

  get topics(): ReadonlyMap<string, ClusterImage> {
    return this.#topics
  }

  refresh(): boolean {
    const { fileSystem, directory } = this.#options
    const facts = fileSystem.stat(`${directory.path}/${TOPICS_FILE}`)
    const seen = facts === undefined ? '' : `${facts.identity} ${facts.modifiedMs} ${facts.size}`
    if (seen === this.#seen && seen !== '') return false
    directory.refresh()
    this.#seen = seen
    this.#topics = new Map(directory.topics().map((topic) => [topic.name, { ...topic, id: this.#idOf(topic) }]))
    return true
  }

  partitionState(topic: string, partition: number): PartitionState {
    const image = this.#topics.get(topic)
    if (image === undefined || partition < 0 || partition >= image.partitionCount) {
      throw new NotFoundError(`topic ${topic} has no partition ${partition}`)
    }
    const only = [this.brokerId]
    const leaderEpoch = this.#options.leaderEpochOf(topic, partition)
    return { leader: this.brokerId, leaderEpoch, assignedReplicas: only, inSyncReplicas: only }
  }

  async createTopic(topic: TopicToCreate): Promise<boolean> {
    const isNew = this.#options.directory.createTopic(topic)
    this.refresh()
    return isNew
  }

  async alterTopic(name: string, change: TopicAlteration): Promise<void> {
    this.#options.directory.alterTopic(name, change)
    this.refresh()
  }

  async deleteTopic(name: string): Promise<void> {
    this.#options.directory.deleteTopic(name)
    this.refresh()
  }

  async allocateProducerIds(): Promise<ProducerIdBlock> {
    const { fileSystem, directory, random } = this.#options
    return { first: producerId(takeProducerIds(fileSystem, directory.path, random)), count: producerIdBlockSize }
  }

  async controlledShutdown(): Promise<void> {
    // Nobody is there to take over.
  }

  /** A topic that was made before there was a catalog gets its id with the first change; clients must have one at once. */
  #idOf({ name, id }: { readonly name: string; readonly id: Uuid | undefined }): Uuid {
    const known = id ?? this.#options.directory.alterTopic(name, { configs: new Map() }).id
    assert(known !== undefined, `topic ${name} has an id once it was altered`)
    return known
  }
}
