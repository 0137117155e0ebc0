import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const offsetForLeaderEpochRequest = struct({
  replicaId: int32.or(-2).since(3),
  topics: array({
    topic: string,
    partitions: array({
      partition: int32,
      currentLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(2),
      leaderEpoch: int32.as<LeaderEpoch>(),
    }),
  }),
})
export type OffsetForLeaderEpochRequest = ValueOf<typeof offsetForLeaderEpochRequest>

export const offsetForLeaderEpochResponse = struct({
  throttleTimeMs: int32.since(2),
  topics: array({
    topic: string,
    partitions: array({
      errorCode: int16,
      partition: int32,
      leaderEpoch: int32.or(-1).as<LeaderEpoch>().since(1),
      endOffset: int64.or(-1n).as<Offset>(),
    }),
  }),
})
export type OffsetForLeaderEpochResponse = ValueOf<typeof offsetForLeaderEpochResponse>

/**
 * Where a leader epoch ends, so that a log can be cut to what the leader has. Version 2 fences by leader epoch, 3 tells
 * followers from consumers.
 */
export const offsetForLeaderEpochApi: Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = api(
  'OffsetForLeaderEpoch',
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
)
