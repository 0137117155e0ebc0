import type { LeaderEpoch, Offset, ProducerId } from '../../base/brands.ts'
import {
  type ValueOf,
  array,
  int16,
  int32,
  int64,
  int8,
  nullable,
  records,
  string,
  struct,
  uuid,
} from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const fetchRequest = struct({
  clusterId: nullable(string).since(12).tagged(0),
  /** -1 for consumers; from 15 on in `replicaState`. */
  replicaId: int32.or(-1).until(14),
  replicaState: struct({ replicaId: int32.or(-1), replicaEpoch: int64.or(-1n) })
    .since(15)
    .tagged(1),
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: int32.or(0x7fff_ffff).since(3),
  /** 0 reads what is there, 1 only what is committed. */
  isolationLevel: int8.since(4),
  sessionId: int32.since(7),
  sessionEpoch: int32.or(-1).since(7),
  topics: array({
    topic: string.until(12),
    topicId: uuid.since(13),
    partitions: array({
      partition: int32,
      currentLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(9),
      fetchOffset: int64.as<Offset>(),
      lastFetchedEpoch: int32.or(-1).as<LeaderEpoch>().since(12),
      logStartOffset: int64.or(-1n).as<Offset>().since(5),
      partitionMaxBytes: int32,
      replicaDirectoryId: uuid.since(17).tagged(0),
    }),
  }),
  forgottenTopicsData: array({ topic: string.until(12), topicId: uuid.since(13), partitions: array(int32) }).since(7),
  rackId: string.since(11),
})
export type FetchRequest = ValueOf<typeof fetchRequest>

/** What one partition gives. */
export const fetchPartitionData = struct({
  partitionIndex: int32,
  errorCode: int16,
  highWatermark: int64.as<Offset>(),
  lastStableOffset: int64.or(-1n).as<Offset>().since(4),
  logStartOffset: int64.or(-1n).as<Offset>().since(5),
  /** Where the follower's log leaves ours. */
  divergingEpoch: struct({ epoch: int32.or(-1).as<LeaderEpoch>(), endOffset: int64.or(-1n).as<Offset>() })
    .since(12)
    .tagged(0),
  currentLeader: struct({ leaderId: int32.or(-1), leaderEpoch: int32.or(-1).as<LeaderEpoch>() })
    .since(12)
    .tagged(1),
  snapshotId: struct({ endOffset: int64.or(-1n).as<Offset>(), epoch: int32.or(-1).as<LeaderEpoch>() })
    .since(12)
    .tagged(2),
  /** Null unless the request reads only what is committed. */
  abortedTransactions: nullable(array({ producerId: int64.as<ProducerId>(), firstOffset: int64.as<Offset>() }))
    .or([])
    .since(4),
  preferredReadReplica: int32.or(-1).since(11),
  records: nullable(records),
})

export const fetchResponse = struct({
  throttleTimeMs: int32.since(1),
  errorCode: int16.since(7),
  sessionId: int32.since(7),
  responses: array({ topic: string.until(12), topicId: uuid.since(13), partitions: array(fetchPartitionData) }),
  nodeEndpoints: array({ nodeId: int32, host: string, port: int32, rack: nullable(string) })
    .since(16)
    .tagged(0),
})
export type FetchResponse = ValueOf<typeof fetchResponse>

/**
 * Reads record batches, from consumers and from followers. Large `records` are sent as they are, never copied. Version
 * 3 bounds the whole response, 4 knows transactions, 7 sessions (KIP-227), 9 fences by leader epoch, 10 allows zstd,
 * 11 names the consumer's rack, 12 tells where logs diverge (KIP-595), 13 names topics by id alone, 15 puts the
 * follower into a tagged field.
 */
export const fetchApi: Api<FetchRequest, FetchResponse> = api('Fetch', fetchRequest, fetchResponse)
