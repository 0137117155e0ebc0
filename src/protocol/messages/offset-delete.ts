import { type ValueOf, array, int16, int32, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const offsetDeleteRequest = struct({
  groupId: string,
  topics: array({ name: string, partitions: array({ partitionIndex: int32 }) }),
})
export type OffsetDeleteRequest = ValueOf<typeof offsetDeleteRequest>

export const offsetDeleteResponse = struct({
  errorCode: int16,
  throttleTimeMs: int32,
  topics: array({ name: string, partitions: array({ partitionIndex: int32, errorCode: int16 }) }),
})
export type OffsetDeleteResponse = ValueOf<typeof offsetDeleteResponse>

/** Forgets committed positions of a group. Never flexible. */
export const offsetDeleteApi: Api<OffsetDeleteRequest, OffsetDeleteResponse> = api(
  'OffsetDelete',
  offsetDeleteRequest,
  offsetDeleteResponse,
)
