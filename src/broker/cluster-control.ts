import type { LeaderEpoch, ProducerId } from '../base/brands.ts'
import type { Uuid } from '../base/uuid.ts'

export type BrokerId = number

/** Where clients of one listener reach a broker. */
export interface BrokerEndpoint {
  readonly brokerId: BrokerId
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Who has a partition, and who leads it. */
export interface PartitionState {
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly assignedReplicas: readonly BrokerId[]
  readonly inSyncReplicas: readonly BrokerId[]
}

/** A topic as the cluster has it. */
export interface ClusterImage {
  readonly name: string
  readonly id: Uuid
  readonly partitionCount: number
  /** Only what was set. */
  readonly configs: ReadonlyMap<string, string>
  readonly isInternal: boolean
}

/** What a new topic is to be. */
export interface TopicToCreate {
  readonly name: string
  readonly partitionCount: number
  readonly configs: ReadonlyMap<string, string>
}

/** What changes of a topic; `null` sets a config back to its default. */
export interface TopicAlteration {
  readonly partitionCount?: number
  readonly configs: ReadonlyMap<string, string | null>
}

/** Producer ids that nobody else will be given: from `first` on, so many. */
export interface ProducerIdBlock {
  readonly first: ProducerId
  readonly count: number
}

/**
 * The cluster as one broker sees it: who is in it, which topics there are, who leads what; and the only way to change that. One machine has
 * a local one; several agree on theirs elsewhere. Handlers and coordinators know nothing but this, so that nothing in them assumes one broker.
 */
export interface ClusterControl {
  readonly clusterId: Uuid
  /** This broker. */
  readonly brokerId: BrokerId
  /** A live broker that takes changes. */
  readonly controllerId: BrokerId
  /** The brokers, as clients of the listener that advertises `own` reach them. */
  brokers(own: { readonly host: string; readonly port: number }): readonly BrokerEndpoint[]
  /** Looks at what changed elsewhere; cheap when nothing did. True when something did. */
  refresh(): boolean
  /** All topics, by name. */
  readonly topics: ReadonlyMap<string, ClusterImage>
  /** Throws `NotFoundError` for a partition that is not there. */
  partitionState(topic: string, partition: number): PartitionState
  /** False when the topic was there already. Throws `UsageError` for a name, count or config that cannot be. */
  createTopic(topic: TopicToCreate): Promise<boolean>
  alterTopic(name: string, change: TopicAlteration): Promise<void>
  deleteTopic(name: string): Promise<void>
  allocateProducerIds(): Promise<ProducerIdBlock>
  /** This broker is about to stop: others take over what it leads. */
  controlledShutdown(): Promise<void>
}
