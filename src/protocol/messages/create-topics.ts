import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct, uuid } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const createTopicsRequest = struct({
  topics: array({
    name: string,
    numPartitions: int32,
    replicationFactor: int16,
    assignments: array({ partitionIndex: int32, brokerIds: array(int32) }),
    configs: array({ name: string, value: nullable(string).or('') }),
  }),
  timeoutMs: int32.or(60_000),
  validateOnly: boolean.since(1),
})
export type CreateTopicsRequest = ValueOf<typeof createTopicsRequest>

export const createTopicsResponse = struct({
  throttleTimeMs: int32.since(2),
  topics: array({
    name: string,
    topicId: uuid.since(7),
    errorCode: int16,
    errorMessage: nullable(string).or('').since(1),
    topicConfigErrorCode: int16.since(5).tagged(0),
    numPartitions: int32.or(-1).since(5),
    replicationFactor: int16.or(-1).since(5),
    configs: nullable(
      array({
        name: string,
        value: nullable(string).or(''),
        readOnly: boolean,
        configSource: int8.or(-1),
        isSensitive: boolean,
      }),
    )
      .or([])
      .since(5),
  }),
})
export type CreateTopicsResponse = ValueOf<typeof createTopicsResponse>

/** Creates topics. Version 1 can only validate, 4 has the broker's defaults (-1), 5 tells configs, 7 the topic id. */
export const createTopicsApi: Api<CreateTopicsRequest, CreateTopicsResponse> = api(
  'CreateTopics',
  createTopicsRequest,
  createTopicsResponse,
)
