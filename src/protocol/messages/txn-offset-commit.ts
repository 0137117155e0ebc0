import type { LeaderEpoch, Offset, ProducerId } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const txnOffsetCommitRequest = struct({
  transactionalId: string,
  groupId: string,
  producerId: int64.as<ProducerId>(),
  producerEpoch: int16,
  generationId: int32.or(-1).since(3),
  memberId: string.since(3),
  groupInstanceId: nullable(string).since(3),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      committedOffset: int64.as<Offset>(),
      committedLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(2),
      committedMetadata: nullable(string).or(''),
    }),
  }),
})
export type TxnOffsetCommitRequest = ValueOf<typeof txnOffsetCommitRequest>

export const txnOffsetCommitResponse = struct({
  throttleTimeMs: int32,
  topics: array({ name: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
})
export type TxnOffsetCommitResponse = ValueOf<typeof txnOffsetCommitResponse>

/** Commits positions of a group as part of a transaction. Version 3 has generation and member. */
export const txnOffsetCommitApi: Api<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = api(
  'TxnOffsetCommit',
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
)
