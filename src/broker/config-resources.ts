import { ErrorCode } from '../protocol/error-codes.ts'
import { KafkaError } from '../protocol/kafka-error.ts'
import { isTopicName } from '../storage/file-names.ts'
import type { Operation } from './authorizer.ts'
import { isAllowed, type RequestContext } from './request-context.ts'
import type { ServedTopic } from './topic-registry.ts'

/** What a configuration belongs to; the numbers are Kafka's (ConfigResource.Type). */
export const ResourceType = { TOPIC: 2, BROKER: 4 } as const

/** The topic of that name. Throws `KafkaError` when it is not there, or the client may not. */
export function topicResource(name: string, operation: Operation, context: RequestContext): ServedTopic {
  if (!isAllowed(context, { operation, resource: 'TOPIC', name }))
    throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  if (!isTopicName(name)) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, 'no topic can have this name')
  context.broker.topics.refresh()
  const topic = context.broker.topics.find(name)
  if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic ${name}`)
  return topic
}

/** Throws `KafkaError` unless `name` is this broker, or empty for what all brokers share. */
export function checkBrokerResource(name: string, operation: Operation, context: RequestContext): void {
  if (!isAllowed(context, { operation, resource: 'CLUSTER', name: 'kafka-cluster' })) {
    throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
  }
  const { brokerId } = context.broker.cluster
  if (name === '' || name === String(brokerId)) return
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `this is broker ${brokerId}, not ${name}`)
}
