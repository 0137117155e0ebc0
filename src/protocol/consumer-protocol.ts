import { MalformedMessageError } from '../base/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import { type Type, type ValueOf, array, bytes, int32, nullable, string, struct } from '../wire/schema.ts'

/**
 * What members of a group of type `consumer` say in their subscription and get as their assignment (Kafka's `ConsumerProtocol`): an int16
 * version, then the fields. Brokers pass both on unread. A version later than 3 reads as version 3: Kafka only ever adds at the end.
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

const subscribedTopics = struct({ topics: array(string) })

const assignment = struct({ assignedPartitions: array(topicPartitions), userData: nullable(bytes) })
export type ConsumerProtocolAssignment = ValueOf<typeof assignment>

const versionLast = 3
/** What every client since Kafka 0.9 reads. */
const versionWritten = 0

/** Reads what a member subscribes to. Throws `MalformedMessageError`. */
export function readSubscription(metadata: Uint8Array): ConsumerProtocolSubscription {
  return readVersioned(subscription, metadata)
}

/** Reads only the topics that a member subscribes to, which begin every version. Throws `MalformedMessageError`. */
export function readSubscribedTopics(metadata: Uint8Array): readonly string[] {
  return readVersioned(subscribedTopics, metadata).topics
}

/** Reads what a member was given; no bytes at all mean nothing yet. Throws `MalformedMessageError`. */
export function readAssignment(bytesGiven: Uint8Array): ConsumerProtocolAssignment {
  if (bytesGiven.length === 0) return { assignedPartitions: [], userData: null }
  return readVersioned(assignment, bytesGiven)
}

/** The subscription of a member that wants whole topics and keeps nothing over a rebalance. */
export function writeSubscription(topics: readonly string[]): Uint8Array {
  return writeVersioned(subscription, { ...subscription.initial(), topics })
}

export function writeAssignment(assignedPartitions: ConsumerProtocolAssignment['assignedPartitions']): Uint8Array {
  return writeVersioned(assignment, { assignedPartitions, userData: null })
}

function readVersioned<T>(type: Type<T>, from: Uint8Array): T {
  const reader = new ByteReader(from)
  const version = reader.int16()
  if (version < 0) throw new MalformedMessageError(`version ${version} of the consumer protocol`, 0)
  // Not one codec for each later version: there are as many as bytes can claim, and codecs are kept.
  return type.codec({ version: Math.min(version, versionLast), flexible: false }).read(reader)
}

function writeVersioned<T>(type: Type<T>, value: T): Uint8Array {
  const to = new ByteWriter()
  to.int16(versionWritten)
  type.codec({ version: versionWritten, flexible: false }).write(to, value)
  return to.finish()
}
