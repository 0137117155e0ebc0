import {
  type Type,
  array,
  bytes,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uint16,
  uuid,
} from '../wire/schema.ts'
import { readVersioned } from './internal-record.ts'

/**
 * The values of records of the newer group protocols: consumer groups of KIP-848, share groups of KIP-932, streams groups of KIP-1071. They are
 * read here to be shown. All are of version 0, and flexible.
 */

const topicPartitions = { topicId: uuid, partitions: array(int32) }
const assignedPartitions = array({ ...topicPartitions, assignmentEpochs: nullable(array(int32)).tagged(0) })
const namedPartitions = array({ topicId: uuid, topicName: string, partitions: array(int32) })
const targetAssignment = struct({ assignmentEpoch: int32, assignmentTimestamp: int64.tagged(0) })
const memberTarget = struct({ topicPartitions: array(topicPartitions) })
const keyValues = array({ key: string, value: string })
const tasks = array({ subtopologyId: string, partitions: array(int32) })
const assignedTasks = array({
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: nullable(array(int32)).tagged(0),
})
const topologyTopics = array({ name: string, partitions: int32, replicationFactor: int16, topicConfigs: keyValues })

/** By the version of the key. */
const values: Readonly<Record<number, Type<unknown>>> = {
  3: struct({ epoch: int32, metadataHash: int64.tagged(0) }),
  4: struct({
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({ partition: int32, racks: array(string) }),
    }),
  }),
  5: struct({
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: nullable(string),
    rebalanceTimeoutMs: int32.or(-1),
    serverAssignor: nullable(string),
    classicMemberMetadata: nullable(
      struct({ sessionTimeoutMs: int32, supportedProtocols: array({ name: string, metadata: bytes }) }),
    ).tagged(0),
  }),
  6: targetAssignment,
  7: memberTarget,
  8: struct({
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions,
    partitionsPendingRevocation: assignedPartitions,
  }),
  10: struct({
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  }),
  11: struct({ epoch: int32, metadataHash: int64 }),
  12: targetAssignment,
  13: memberTarget,
  14: struct({
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: array(topicPartitions),
  }),
  15: struct({
    initializingTopics: namedPartitions,
    initializedTopics: namedPartitions,
    deletingTopics: array({ topicId: uuid, topicName: string }),
  }),
  16: struct({ topics: array(string), version: int64, timestamp: int64 }),
  17: struct({
    epoch: int32,
    metadataHash: int64,
    validatedTopologyEpoch: int32.or(-1).tagged(0),
    lastAssignmentConfigs: nullable(keyValues).tagged(1),
  }),
  19: struct({
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.or(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: nullable(struct({ host: string, port: uint16 })),
    clientTags: keyValues,
  }),
  20: targetAssignment,
  21: struct({ activeTasks: tasks, standbyTasks: tasks, warmupTasks: tasks }),
  22: struct({
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: assignedTasks,
    standbyTasks: assignedTasks,
    warmupTasks: assignedTasks,
    activeTasksPendingRevocation: assignedTasks,
    standbyTasksPendingRevocation: assignedTasks,
    warmupTasksPendingRevocation: assignedTasks,
  }),
  23: struct({
    epoch: int32,
    subtopologies: array({
      subtopologyId: string,
      sourceTopics: array(string),
      sourceTopicRegex: array(string),
      stateChangelogTopics: topologyTopics,
      repartitionSinkTopics: array(string),
      repartitionSourceTopics: topologyTopics,
      copartitionGroups: array({
        sourceTopics: array(int16),
        sourceTopicRegex: array(int16),
        repartitionSourceTopics: array(int16),
      }),
    }),
  }),
}

/**
 * Reads the value of a record whose key has this version; `undefined` for a key that is none of theirs. Throws `MalformedMessageError`, also
 * for bytes that an earlier preview of the protocol wrote.
 */
export function readNewGroupValue(keyVersion: number, value: Uint8Array): object | undefined {
  const type = Object.hasOwn(values, keyVersion) ? values[keyVersion] : undefined
  if (type === undefined) return undefined
  const schema = { name: 'a group record', type, versionFirst: 0, versionLast: 0, flexibleSince: 0 }
  return readVersioned(schema, value).value as object
}
