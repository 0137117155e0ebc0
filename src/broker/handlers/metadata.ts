import { NO_LEADER_EPOCH } from '../../base/brands.ts'
import { UsageError } from '../../base/errors.ts'
import type { Uuid } from '../../base/uuid.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { metadataApi, type MetadataRequest, type MetadataResponse } from '../../protocol/messages/metadata.ts'
import { GROUPS_TOPIC, groupsTopicDefaults } from '../../coordinator/groups-topic.ts'
import { isInternalTopic, isTopicName } from '../../storage/file-names.ts'
import type { BrokerConfig } from '../broker-config.ts'
import type { TopicToCreate } from '../cluster-control.ts'
import { namedOnce } from '../named-once.ts'
import { nextTurn } from '../next-turn.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { authorizedOperations, operationsNotTold as notTold } from '../security/authorized-operations.ts'
import { errorCodeOf } from '../storage-errors.ts'
import type { ServedTopic } from '../topic-registry.ts'
import { NO_TOPIC_ID } from '../topic-names.ts'

// Metadata: who is in the cluster, which topics there are, who leads their partitions.
//
// Behaviour
//   * A topic that is named, and not there, is made at once when client and broker allow it, and answered as it is then: no client has to come again.
//     Of the broker's own topics only __consumer_offsets is, as groups would make it.
//   * Every topic asked for is answered, once, with an error if need be; what the client may not see looks as if it were not there.
//   * Brokers are named as the listener advertises them that the client came in on.
// Versions
//   0 to 12. In 0 no topics means all; 4 says whether topics may be made; 8 asks for authorized operations; 10 has topic ids in the answer,
//   12 in the request.

type TopicAnswer = MetadataResponse['topics'][number]

export const metadataHandler: Handler<MetadataRequest, MetadataResponse> = {
  api: metadataApi,
  handle: async (request, context) => {
    const found = await topicsFor(request, context)
    const topics = request.includeTopicAuthorizedOperations
      ? found.map((topic) => withOperations(topic, context))
      : found
    const isToldOfCluster = request.includeClusterAuthorizedOperations
    const clusterAuthorizedOperations = isToldOfCluster
      ? authorizedOperations('CLUSTER', 'kafka-cluster', context)
      : notTold
    return { ...answer(topics, context), clusterAuthorizedOperations }
  },
  refuse: (request, errorCode, context) => {
    const topics = (request.topics ?? []).map(({ name, topicId }) => refused(errorCode, { name, topicId }))
    return answer(topics, context)
  },
}

function answer(topics: readonly TopicAnswer[], { broker, connection }: RequestContext): MetadataResponse {
  const { cluster } = broker
  return {
    throttleTimeMs: 0,
    brokers: cluster
      .brokers(connection.advertised)
      .map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack })),
    clusterId: cluster.clusterId,
    controllerId: cluster.controllerId,
    topics,
    clusterAuthorizedOperations: notTold,
  }
}

function withOperations(topic: TopicAnswer, context: RequestContext): TopicAnswer {
  if (topic.errorCode !== ErrorCode.NONE || topic.name === null) return topic
  return { ...topic, topicAuthorizedOperations: authorizedOperations('TOPIC', topic.name, context) }
}

async function topicsFor(
  { topics, allowAutoTopicCreation }: MetadataRequest,
  context: RequestContext,
): Promise<TopicAnswer[]> {
  const { apiVersion, broker } = context
  if (topics === null || (apiVersion === 0 && topics.length === 0)) {
    const visible = broker.topics.all().filter(({ image }) => mayDescribe(image.name, context))
    return visible.map((topic) => described(topic, context))
  }
  broker.topics.refresh()
  const answers: TopicAnswer[] = []
  for (const { name, topicId } of namedOnce(topics, (one) => `${one.name} ${one.topicId}`)) {
    answers.push(name === null ? byId(topicId, context) : await byName(name, allowAutoTopicCreation, context))
  }
  return answers
}

function byId(topicId: Uuid, context: RequestContext): TopicAnswer {
  const topic = context.broker.topics.findById(topicId)
  if (topic === undefined || !mayDescribe(topic.image.name, context)) {
    return refused(ErrorCode.UNKNOWN_TOPIC_ID, { name: null, topicId })
  }
  return described(topic, context)
}

async function byName(name: string, mayCreate: boolean, context: RequestContext): Promise<TopicAnswer> {
  const { broker } = context
  if (!mayDescribe(name, context)) return refused(ErrorCode.TOPIC_AUTHORIZATION_FAILED, { name })
  const found = broker.topics.find(name)
  if (found !== undefined) return described(found, context)
  if (!isTopicName(name)) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, { name })
  if (mayCreate && mayBeMade(name, context)) return made(name, context)
  return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { name })
}

function mayBeMade(name: string, context: RequestContext): boolean {
  if (!context.broker.config.autoCreateTopics || (isInternalTopic(name) && name !== GROUPS_TOPIC)) return false
  return (
    isAllowed(context, { operation: 'CREATE', resource: 'CLUSTER', name: 'kafka-cluster' }) ||
    isAllowed(context, { operation: 'CREATE', resource: 'TOPIC', name })
  )
}

async function made(name: string, context: RequestContext): Promise<TopicAnswer> {
  const { broker, connection } = context
  try {
    await broker.cluster.createTopic({ name, ...shapeOf(name, broker.config) })
    await nextTurn()
  } catch (error) {
    // A name that Kafka could not tell from another topic's.
    const code = error instanceof UsageError ? ErrorCode.INVALID_TOPIC_EXCEPTION : errorCodeOf(error)
    return refused(code, { name })
  }
  const topic = broker.topics.find(name)
  if (topic === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { name })
  broker.log.info('topic created', { topic: name, partitions: topic.partitions.length, by: connection.peer })
  return described(topic, context)
}

/** Groups find their partition of theirs by the number of partitions, and would be forgotten with the default policy. */
function shapeOf(name: string, { numPartitions }: BrokerConfig): Pick<TopicToCreate, 'partitionCount' | 'configs'> {
  return name === GROUPS_TOPIC ? groupsTopicDefaults : { partitionCount: numPartitions, configs: new Map() }
}

function described({ image, partitions }: ServedTopic, { broker }: RequestContext): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: image.name,
    topicId: image.id,
    isInternal: image.isInternal,
    partitions: partitions.map((_, partition) => partitionAnswer(image.name, partition, broker)),
    topicAuthorizedOperations: notTold,
  }
}

function partitionAnswer(
  topic: string,
  partition: number,
  { cluster }: RequestContext['broker'],
): TopicAnswer['partitions'][number] {
  try {
    const { leader, leaderEpoch, assignedReplicas, inSyncReplicas } = cluster.partitionState(topic, partition)
    return {
      errorCode: ErrorCode.NONE,
      partitionIndex: partition,
      leaderId: leader,
      leaderEpoch,
      replicaNodes: assignedReplicas,
      isrNodes: inSyncReplicas,
      offlineReplicas: [],
    }
  } catch (error) {
    // Its files cannot be opened: the others of the topic go on.
    const isStorage = errorCodeOf(error) === ErrorCode.KAFKA_STORAGE_ERROR
    const errorCode = isStorage ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.LEADER_NOT_AVAILABLE
    const nobody = {
      leaderId: -1,
      leaderEpoch: NO_LEADER_EPOCH,
      replicaNodes: [cluster.brokerId],
      isrNodes: [],
      offlineReplicas: [cluster.brokerId],
    }
    return { errorCode, partitionIndex: partition, ...nobody }
  }
}

function refused(
  errorCode: number,
  { name, topicId = NO_TOPIC_ID }: { readonly name: string | null; readonly topicId?: Uuid },
): TopicAnswer {
  return { errorCode, name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: notTold }
}

function mayDescribe(name: string, context: RequestContext): boolean {
  return isAllowed(context, { operation: 'DESCRIBE', resource: 'TOPIC', name })
}
