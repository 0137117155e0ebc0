import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import { type ValueOf, array, boolean, int16, int32, int64, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const offsetFetchRequest = struct({
  groupId: string.until(7),
  topics: nullable(array({ name: string, partitionIndexes: array(int32) }), { since: 2 })
    .or([])
    .until(7),
  groups: array({
    groupId: string,
    memberId: nullable(string).since(9),
    memberEpoch: int32.or(-1).since(9),
    topics: nullable(array({ name: string, partitionIndexes: array(int32) })).or([]),
  }).since(8),
  requireStable: boolean.since(7),
})
export type OffsetFetchRequest = ValueOf<typeof offsetFetchRequest>

export const offsetFetchResponse = struct({
  throttleTimeMs: int32.since(3),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      committedOffset: int64.as<Offset>(),
      committedLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(5),
      metadata: nullable(string).or(''),
      errorCode: int16,
    }),
  }).until(7),
  errorCode: int16.since(2).until(7),
  groups: array({
    groupId: string,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64.as<Offset>(),
        committedLeaderEpoch: int32.or(-1).as<LeaderEpoch>(),
        metadata: nullable(string).or(''),
        errorCode: int16,
      }),
    }),
    errorCode: int16,
  }).since(8),
})
export type OffsetFetchResponse = ValueOf<typeof offsetFetchResponse>

/**
 * Reads the committed positions of a group; from 8 on of several. Null topics (2 and later) ask for all. Version 2 has
 * an error of the whole, 5 leader epochs, 7 `requireStable`, 9 the member epochs of the new group protocol.
 */
export const offsetFetchApi: Api<OffsetFetchRequest, OffsetFetchResponse> = api(
  'OffsetFetch',
  offsetFetchRequest,
  offsetFetchResponse,
)
