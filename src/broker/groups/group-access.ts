import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import type { Operation } from '../authorizer.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'

/** Throws `KafkaError` when the client may not do that to the group. */
export function checkGroup(context: RequestContext, operation: Operation, groupId: string): void {
  if (mayUseGroup(context, operation, groupId)) return
  throw new KafkaError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
}

export function mayUseGroup(context: RequestContext, operation: Operation, groupId: string): boolean {
  return isAllowed(context, { operation, resource: 'GROUP', name: groupId })
}

export interface PositionOf {
  readonly topic: string
  readonly partition: number
}

/** What keeps a client from a group's position in a partition: it may not read the topic, or there is no such partition. */
export function positionError(context: RequestContext, { topic, partition }: PositionOf): number | undefined {
  if (!isAllowed(context, { operation: 'READ', resource: 'TOPIC', name: topic })) {
    return ErrorCode.TOPIC_AUTHORIZATION_FAILED
  }
  const isThere = context.broker.topics.find(topic)?.partitions[partition] !== undefined
  return isThere ? undefined : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
}
