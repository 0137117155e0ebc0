import type { LeaderEpoch } from '../../base/brands.ts'
import { NO_LEADER_EPOCH } from '../../base/brands.ts'
import { array, int32, int8, nullable, string, struct, uuid } from '../../wire/schema.ts'

/** Records about topics and configurations, as Kafka's controller writes them. */

export const topicRecord = struct({ name: string, topicId: uuid })

export const partitionRecord = struct({
  partitionId: int32.or(-1),
  topicId: uuid,
  /** Brokers, the preferred one first. */
  replicas: array(int32),
  isr: array(int32),
  removingReplicas: array(int32),
  addingReplicas: array(int32),
  /** -1 when there is none. */
  leader: int32.or(-1),
  /** 1 while it recovers from an unclean leader election. */
  leaderRecoveryState: int8.tagged(0),
  leaderEpoch: int32.as<LeaderEpoch>().or(NO_LEADER_EPOCH),
  partitionEpoch: int32.or(-1),
  /** The log directory of each replica (KIP-858). */
  directories: array(uuid).since(1),
  eligibleLeaderReplicas: nullable(array(int32)).since(2).tagged(1),
  lastKnownElr: nullable(array(int32)).since(2).tagged(2),
})

/** What null (and -2 for the leader, -1 for its recovery) leaves as it was. */
export const partitionChangeRecord = struct({
  partitionId: int32.or(-1),
  topicId: uuid,
  isr: nullable(array(int32)).tagged(0),
  leader: int32.or(-2).tagged(1),
  replicas: nullable(array(int32)).tagged(2),
  removingReplicas: nullable(array(int32)).tagged(3),
  addingReplicas: nullable(array(int32)).tagged(4),
  leaderRecoveryState: int8.or(-1).tagged(5),
  directories: nullable(array(uuid)).since(1).tagged(8),
  eligibleLeaderReplicas: nullable(array(int32)).since(2).tagged(6),
  lastKnownElr: nullable(array(int32)).since(2).tagged(7),
})

export const removeTopicRecord = struct({ topicId: uuid })

/** All topics when the name is empty. */
export const clearElrRecord = struct({ topicName: string })

export const configRecord = struct({
  /** 2 is a topic, 4 a broker. */
  resourceType: int8,
  /** Of a broker its id, or nothing for all brokers. */
  resourceName: string,
  name: string,
  /** Null takes the configuration back. */
  value: nullable(string),
})
