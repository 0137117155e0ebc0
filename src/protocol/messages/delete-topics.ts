import { type ValueOf, array, int16, int32, nullable, string, struct, uuid } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const deleteTopicsRequest = struct({
  topics: array({ name: nullable(string), topicId: uuid }).since(6),
  topicNames: array(string).until(5),
  timeoutMs: int32,
})
export type DeleteTopicsRequest = ValueOf<typeof deleteTopicsRequest>

export const deleteTopicsResponse = struct({
  throttleTimeMs: int32.since(1),
  responses: array({
    name: nullable(string, { since: 6 }).or(''),
    topicId: uuid.since(6),
    errorCode: int16,
    errorMessage: nullable(string).since(5),
  }),
})
export type DeleteTopicsResponse = ValueOf<typeof deleteTopicsResponse>

/** Deletes topics, by name; from 6 on by name or id. */
export const deleteTopicsApi: Api<DeleteTopicsRequest, DeleteTopicsResponse> = api(
  'DeleteTopics',
  deleteTopicsRequest,
  deleteTopicsResponse,
)
