import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const alterConfigsRequest = struct({
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({ name: string, value: nullable(string).or('') }),
  }),
  validateOnly: boolean,
})
export type AlterConfigsRequest = ValueOf<typeof alterConfigsRequest>

export const alterConfigsResponse = struct({
  throttleTimeMs: int32,
  responses: array({
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    resourceType: int8,
    resourceName: string,
  }),
})
export type AlterConfigsResponse = ValueOf<typeof alterConfigsResponse>

/** Replaces all configs of a topic (resource type 2) or broker (4): what is not named goes back to its default. */
export const alterConfigsApi: Api<AlterConfigsRequest, AlterConfigsResponse> = api(
  'AlterConfigs',
  alterConfigsRequest,
  alterConfigsResponse,
)
