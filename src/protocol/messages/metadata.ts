import type { LeaderEpoch } from '../../base/brands.ts'
import { type ValueOf, array, boolean, int16, int32, nullable, string, struct, uuid } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const metadataRequest = struct({
  topics: nullable(array({ topicId: uuid.since(10), name: nullable(string, { since: 10 }).or('') }), { since: 1 }).or(
    [],
  ),
  allowAutoTopicCreation: boolean.or(true).since(4),
  includeClusterAuthorizedOperations: boolean.since(8).until(10),
  includeTopicAuthorizedOperations: boolean.since(8),
})
export type MetadataRequest = ValueOf<typeof metadataRequest>

export const metadataResponse = struct({
  throttleTimeMs: int32.since(3),
  brokers: array({ nodeId: int32, host: string, port: int32, rack: nullable(string).since(1) }),
  clusterId: nullable(string).since(2),
  controllerId: int32.or(-1).since(1),
  topics: array({
    errorCode: int16,
    name: nullable(string, { since: 12 }).or(''),
    topicId: uuid.since(10),
    isInternal: boolean.since(1),
    partitions: array({
      errorCode: int16,
      partitionIndex: int32,
      leaderId: int32,
      leaderEpoch: int32.or(-1).as<LeaderEpoch>().since(7),
      replicaNodes: array(int32),
      isrNodes: array(int32),
      offlineReplicas: array(int32).since(5),
    }),
    /** A bit for each operation; the default when it was not asked for. */
    topicAuthorizedOperations: int32.or(-0x8000_0000).since(8),
  }),
  clusterAuthorizedOperations: int32.or(-0x8000_0000).since(8).until(10),
})
export type MetadataResponse = ValueOf<typeof metadataResponse>

/**
 * Brokers, topics and who leads their partitions. In version 0 an empty list asks for all topics; from 1 on null does,
 * and an empty list for none. Version 4 says whether topics may be created, 7 has leader epochs, 8 authorized
 * operations, 10 topic ids in the response, 12 topic ids in the request.
 */
export const metadataApi: Api<MetadataRequest, MetadataResponse> = api('Metadata', metadataRequest, metadataResponse)
