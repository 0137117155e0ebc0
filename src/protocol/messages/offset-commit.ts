import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, nullable, string, struct, timestamp } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const offsetCommitRequest = struct({
  groupId: string,
  generationIdOrMemberEpoch: int32.or(-1).since(1),
  memberId: string.since(1),
  groupInstanceId: nullable(string).since(7),
  retentionTimeMs: timestamp.or(-1).since(2).until(4),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      committedOffset: int64.as<Offset>(),
      committedLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(6),
      commitTimestamp: timestamp.or(-1).since(1).until(1),
      committedMetadata: nullable(string).or(''),
    }),
  }),
})
export type OffsetCommitRequest = ValueOf<typeof offsetCommitRequest>

export const offsetCommitResponse = struct({
  throttleTimeMs: int32.since(3),
  topics: array({ name: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
})
export type OffsetCommitResponse = ValueOf<typeof offsetCommitResponse>

/**
 * Commits the positions of a group. Version 0 is without generation and member; 2 to 4 may say how long to keep them;
 * 6 has leader epochs, 7 static members, 9 the member epochs of the new group protocol.
 */
export const offsetCommitApi: Api<OffsetCommitRequest, OffsetCommitResponse> = api(
  'OffsetCommit',
  offsetCommitRequest,
  offsetCommitResponse,
)
