import { type ValueOf, array, bytes, int32, nullable, string, struct } from '../wire/schema.ts'
import { type VersionedSchema, readVersioned } from './internal-record.ts'

/**
 * What members of a group of type `consumer` say in their subscription and get as their assignment. The broker passes both
 * on unread; they are read here to be shown. A version later than 3 reads as version 3: Kafka only ever adds at the end.
 */

const topicPartitions = { topic: string, partitions: array(int32) }

const subscription = struct({
  topics: array(string),
  userData: nullable(bytes),
  ownedPartitions: array(topicPartitions).since(1),
  generationId: int32.since(2).or(-1),
  rackId: nullable(string).since(3),
})
export type ConsumerProtocolSubscription = ValueOf<typeof subscription>

const assignment = struct({ assignedPartitions: array(topicPartitions), userData: nullable(bytes) })
export type ConsumerProtocolAssignment = ValueOf<typeof assignment>

const subscriptionSchema: VersionedSchema<ConsumerProtocolSubscription> = {
  name: 'a consumer subscription',
  type: subscription,
  versionFirst: 0,
  versionLast: 3,
  isOpenEnded: true,
}

const assignmentSchema: VersionedSchema<ConsumerProtocolAssignment> = {
  name: 'a consumer assignment',
  type: assignment,
  versionFirst: 0,
  versionLast: 3,
  isOpenEnded: true,
}

const subscribedTopicsSchema: VersionedSchema<{ readonly topics: readonly string[] }> = {
  name: 'a consumer subscription',
  type: struct({ topics: array(string) }),
  versionFirst: 0,
  versionLast: 0,
  isOpenEnded: true,
}

/** Reads what a member subscribes to. Throws `MalformedMessageError`. */
export function readSubscription(metadata: Uint8Array): ConsumerProtocolSubscription {
  return readVersioned(subscriptionSchema, metadata).value
}

/** Reads only the topics that a member subscribes to, which begin every version. Throws `MalformedMessageError`. */
export function readSubscribedTopics(metadata: Uint8Array): readonly string[] {
  return readVersioned(subscribedTopicsSchema, metadata).value.topics
}

/** Reads what a member was given; no bytes at all mean nothing yet. Throws `MalformedMessageError`. */
export function readAssignment(bytesGiven: Uint8Array): ConsumerProtocolAssignment {
  if (bytesGiven.length === 0) return { assignedPartitions: [], userData: null }
  return readVersioned(assignmentSchema, bytesGiven).value
}
