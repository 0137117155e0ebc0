import { UsageError } from '../base/errors.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import type { CreateTopicsRequest } from '../protocol/messages/create-topics.ts'
import { isTopicName, TOPIC_NAME_LENGTH_MAX } from '../storage/file-names.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { ClusterControl, TopicToCreate } from './cluster-control.ts'
import { checkedConfigs } from './topic-config-changes.ts'

type WantedTopic = CreateTopicsRequest['topics'][number]

/** What a field says when the choice is the broker's. */
const byDefault = -1

/** More partitions at once are a mistake: each is a directory. Kafka has no bound. */
export const partitionsMax = 10_000

/** What a topic is to be that a client wants created; throws `KafkaError` when it cannot be, whether or not it is there already. */
export function planTopic(wanted: WantedTopic, cluster: ClusterControl, config: BrokerConfig): TopicToCreate {
  const { name } = wanted
  const problem = topicNameProblem(name)
  if (problem !== undefined)
    throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${problem}`)
  const partitionCount =
    wanted.assignments.length > 0 ? assignedCount(wanted, cluster) : chosenCount(wanted, cluster, config)
  const configs = checkedConfigs(new Map(wanted.configs.map((one) => [one.name, one.value])))
  return { name, partitionCount, configs }
}

/** Why a name is none, in Kafka's words (Topic.validate). */
function topicNameProblem(name: string): string | undefined {
  if (isTopicName(name)) return undefined
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  const shown = name.slice(0, TOPIC_NAME_LENGTH_MAX)
  if (name.length > TOPIC_NAME_LENGTH_MAX)
    return `the length of '${shown}' is longer than the max allowed length ${TOPIC_NAME_LENGTH_MAX}`
  return `'${shown}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** What `ClusterControl.createTopic` throws, in Kafka's words. */
export function creationError(error: unknown): unknown {
  // All else was checked before: only the name can still collide with another one.
  return error instanceof UsageError ? new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, error.message) : error
}

function chosenCount(
  { numPartitions, replicationFactor }: WantedTopic,
  cluster: ClusterControl,
  config: BrokerConfig,
): number {
  const count = numPartitions === byDefault ? config.numPartitions : numPartitions
  if (count < 1 || count > partitionsMax) {
    throw new KafkaError(
      ErrorCode.INVALID_PARTITIONS,
      `${numPartitions} partitions: 1 to ${partitionsMax} are possible`,
    )
  }
  const brokers = cluster.brokers({ host: '', port: 0 }).length
  if (replicationFactor !== byDefault && (replicationFactor < 1 || replicationFactor > brokers)) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `replication factor ${replicationFactor}: there are ${brokers} brokers`,
    )
  }
  return count
}

/** Whoever says which broker has which partition says their number too. */
function assignedCount(
  { numPartitions, replicationFactor, assignments }: WantedTopic,
  cluster: ClusterControl,
): number {
  if (numPartitions !== byDefault || replicationFactor !== byDefault) {
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      'with assignments the number of partitions and the replication factor are -1',
    )
  }
  const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
  const isDense = indexes.size === assignments.length && assignments.every((_, index) => indexes.has(index))
  const isOurs = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === cluster.brokerId)
  if (isDense && isOurs) return assignments.length
  throw new KafkaError(
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    `partitions count from 0, and only broker ${cluster.brokerId} is there`,
  )
}
