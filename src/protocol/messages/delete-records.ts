import type { Offset } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const deleteRecordsRequest = struct({
  topics: array({ name: string, partitions: array({ partitionIndex: int32, offset: int64.as<Offset>() }) }),
  timeoutMs: int32,
})
export type DeleteRecordsRequest = ValueOf<typeof deleteRecordsRequest>

export const deleteRecordsResponse = struct({
  throttleTimeMs: int32,
  topics: array({
    name: string,
    partitions: array({ partitionIndex: int32, lowWatermark: int64.as<Offset>(), errorCode: int16 }),
  }),
})
export type DeleteRecordsResponse = ValueOf<typeof deleteRecordsResponse>

/** Moves the log start offset of partitions forward; offset -1 stands for the high watermark. */
export const deleteRecordsApi: Api<DeleteRecordsRequest, DeleteRecordsResponse> = api(
  'DeleteRecords',
  deleteRecordsRequest,
  deleteRecordsResponse,
)
