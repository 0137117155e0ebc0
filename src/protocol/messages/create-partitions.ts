import { type ValueOf, array, boolean, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const createPartitionsRequest = struct({
  topics: array({ name: string, count: int32, assignments: nullable(array({ brokerIds: array(int32) })).or([]) }),
  timeoutMs: int32,
  validateOnly: boolean,
})
export type CreatePartitionsRequest = ValueOf<typeof createPartitionsRequest>

export const createPartitionsResponse = struct({
  throttleTimeMs: int32,
  results: array({ name: string, errorCode: int16, errorMessage: nullable(string) }),
})
export type CreatePartitionsResponse = ValueOf<typeof createPartitionsResponse>

/** Raises the number of partitions of topics. */
export const createPartitionsApi: Api<CreatePartitionsRequest, CreatePartitionsResponse> = api(
  'CreatePartitions',
  createPartitionsRequest,
  createPartitionsResponse,
)
