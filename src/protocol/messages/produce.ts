import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import {
  type ValueOf,
  array,
  int16,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  timestamp,
} from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const produceRequest = struct({
  transactionalId: nullable(string).since(3),
  /** 0, 1, or -1 for all in-sync replicas. */
  acks: int16,
  timeoutMs: int32,
  topicData: array({ name: string, partitionData: array({ index: int32, records: nullable(records) }) }),
})
export type ProduceRequest = ValueOf<typeof produceRequest>

/** The answer for one partition. */
export const producePartitionResponse = struct({
  index: int32,
  errorCode: int16,
  baseOffset: int64.as<Offset>(),
  /** -1 unless the broker gave the time. */
  logAppendTimeMs: timestamp.or(-1).since(2),
  logStartOffset: int64.or(-1n).as<Offset>().since(5),
  recordErrors: array({ batchIndex: int32, batchIndexErrorMessage: nullable(string) }).since(8),
  errorMessage: nullable(string).since(8),
  currentLeader: struct({ leaderId: int32.or(-1), leaderEpoch: int32.or(-1).as<LeaderEpoch>() })
    .since(10)
    .tagged(0),
})

export const produceResponse = struct({
  responses: array({ name: string, partitionResponses: array(producePartitionResponse) }),
  throttleTimeMs: int32.since(1),
  nodeEndpoints: array({ nodeId: int32, host: string, port: int32, rack: nullable(string) })
    .since(10)
    .tagged(0),
})
export type ProduceResponse = ValueOf<typeof produceResponse>

/**
 * Appends record batches. With `acks` 0 there is no response at all. `records` are views of the request's frame.
 * Versions 0 to 2 carried message sets of magic 0 and 1; from 3 on each partition has one batch of magic 2. Version 7
 * allows zstd, 8 names the records that were refused, 10 may tell the new leader, 12 adds partitions to a transaction
 * by itself (KIP-890).
 */
export const produceApi: Api<ProduceRequest, ProduceResponse> = api('Produce', produceRequest, produceResponse)
